"""An HTTP proxy in front of the object store that lets chosen requests fail, as networks and servers do."""

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_RESET_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: the kernel sends RST instead of the rest


@dataclass(frozen=True, slots=True)
class Request:
    """One request: S3's name for it, its path, and the number of the part that it brings."""

    operation: str
    path: str
    part: int | None
    number: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request: an answer of our own, or a broken connection, before or after it took effect."""

    status: int = 0
    code: str = ""
    is_sent_on: bool = False


RESET = Fault()
LOST_ANSWER = Fault(is_sent_on=True)


def answer(status: int, code: str) -> Fault:
    """Return the fault of a server that answers with an error."""
    return Fault(status, code)


Judge = Callable[[Request], Fault | None]


@dataclass(slots=True)
class FaultProxy:
    """The proxy at `url`; `judge` decides about each request, and `seen` keeps them all."""

    upstream: str
    url: str = ""
    judge: Judge = lambda _: None
    seen: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _in_flight: int = 0
    _idle: threading.Condition = field(default_factory=threading.Condition)

    def see(self, method: str, target: str) -> Fault | None:
        """Keep a request, and decide about it; one at a time."""
        with self._lock:
            request = _request(method, target, len(self.seen) + 1)
            self.seen.append(request)
            return self.judge(request)

    def fail(self, fault: Fault, operation: str, *, times: int = 1, part: int | None = None, path: str = "") -> None:
        """Let the next `times` requests of a kind fail."""
        left = [times]

        def judge(request: Request) -> Fault | None:
            is_meant = request.operation == operation and path in request.path and part in {None, request.part}
            if not is_meant or not left[0]:
                return None
            left[0] -= 1
            return fault

        self.judge = judge

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request as being handled."""
        with self._idle:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify_all()

    def wait_until_idle(self) -> None:
        """Wait until no request is being handled: also those whose sender is dead have taken effect."""
        with self._idle:
            assert self._idle.wait_for(lambda: not self._in_flight, timeout=60)

    def operations(self) -> list[str]:
        """Return the names of all requests so far."""
        return [request.operation for request in self.seen]


@contextmanager
def fault_proxy(upstream_url: str) -> Iterator[FaultProxy]:
    """Run a proxy in front of the server at `upstream_url`; at first it lets everything pass."""
    proxy = FaultProxy(upstream=str(urlsplit(upstream_url).netloc))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, proxy)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"

    def __init__(self, proxy: FaultProxy, *arguments: Any) -> None:  # noqa: ANN401 - the server's own
        self._proxy = proxy
        for method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
            setattr(self, f"do_{method}", self._handle)
        super().__init__(*arguments)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        with self._proxy.in_flight():
            self._handle_counted()

    def _handle_counted(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self._proxy.see(self.command, self.path)
        if fault is None or fault.is_sent_on:
            status, headers, content = _forward(self._proxy.upstream, self, body)
        if fault is None:
            self._answer(status, headers, content)
        elif fault.status:
            self._answer(fault.status, [("Content-Type", "application/xml")], _error_body(fault.code))
        else:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
            self.close_connection = True

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        own = {"transfer-encoding", "connection", *(() if self.command == "HEAD" else ("content-length",))}
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in own:
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _forward(upstream: str, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection(upstream, timeout=60)
    try:
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():  # Host included: it is part of the signature
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
    finally:
        connection.close()


def _request(method: str, target: str, number: int) -> Request:
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    part = int(query["partNumber"][0]) if "partNumber" in query else None
    return Request(_operation(method, set(query)), unquote(url.path), part, number)


def _operation(method: str, query: set[str]) -> str:
    named = {
        ("POST", "uploads"): "CreateMultipartUpload",
        ("POST", "uploadId"): "CompleteMultipartUpload",
        ("PUT", "partNumber"): "UploadPart",
        ("DELETE", "uploadId"): "AbortMultipartUpload",
        ("GET", "uploads"): "ListMultipartUploads",
        ("GET", "list-type"): "ListObjectsV2",
    }
    plain = {"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject", "POST": "Post"}
    return next((name for (verb, key), name in named.items() if verb == method and key in query), plain[method])


def _error_body(code: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>planted</Message></Error>'.encode()
    )
