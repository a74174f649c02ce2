"""A TCP proxy that cuts each connection after a number of bytes: a network that fails in mid-stream."""

import select
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK_BYTES = 4096
_RESET_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: the kernel sends RST instead of the rest


@contextmanager
def cutting_proxy(url: str, after_bytes: int) -> Iterator[str]:
    """Give `url` by way of a proxy that resets a connection once the server has sent `after_bytes`."""
    upstream = urlsplit(url)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((str(upstream.hostname), upstream.port or 5432)) as server:
                _pump(self.request, server, after_bytes)
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield url.replace(f":{upstream.port}/", f":{proxy.server_address[1]}/")
        finally:
            proxy.shutdown()
            thread.join()


def _pump(client: socket.socket, server: socket.socket, after_bytes: int) -> None:
    left = after_bytes
    with suppress(ConnectionError):
        while left > 0:
            for ready in select.select([client, server], [], [])[0]:
                data = ready.recv(min(_CHUNK_BYTES, left))
                if not data:
                    return
                (server if ready is client else client).sendall(data)
                left -= len(data) if ready is server else 0
