"""TLS in front of a PostgreSQL that was built without it, as poolers and load balancers do it."""

import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_REQUEST = struct.Struct("!II")
_SSL, _GSS = 80877103, 80877104
"""What a client asks for before it says who it is; PostgreSQL manual, 54.7."""


@contextmanager
def tls_proxy(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """Give the port of 127.0.0.1 where the server of `port` is reached by TLS."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as server:
                client, greeting = _greeted(self.request, context)
                with client:
                    server.sendall(greeting)
                    other_way = threading.Thread(target=_copy, args=(server, client))
                    other_way.start()
                    _copy(client, server)
                    other_way.join()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy.server_address[1]
        finally:
            proxy.shutdown()
            thread.join()


def _greeted(client: socket.socket, context: ssl.SSLContext) -> tuple[socket.socket, bytes]:
    """Answer what the client asks for; return how to talk on, and what it has said that is for the server."""
    while True:
        said = client.recv(_REQUEST.size, socket.MSG_WAITALL)
        code = _REQUEST.unpack(said)[1] if len(said) == _REQUEST.size else None
        if code == _SSL:
            client.sendall(b"S")
            return context.wrap_socket(client, server_side=True), b""
        if code != _GSS:
            return client, said
        client.sendall(b"N")


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Hand on what comes until one side has ended, then end the other."""
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
