"""A way to the wallet that breaks when told to: the call or its answer is lost by a reset connection."""

from __future__ import annotations

import http.client
import io
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

OWN_HEADERS = ("content-length", "date", "server", "connection")
AT_ONCE = struct.pack("ii", 1, 0)


class Way(ThreadingHTTPServer):
    """`break_next(method, after=)`: the next call of that method meets a reset, before or after the wallet had it."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._orders: list[tuple[bytes, bool]] = []
        self._lock = threading.Lock()

    def break_next(self, method: str, *, after: bool) -> None:
        self._orders.append((f"method={method}&".encode(), after))

    def order_for(self, body: bytes) -> bool | None:
        """Whether this call meets a reset after the wallet had it; None when nothing happens to it."""
        with self._lock:
            for order in self._orders:
                if order[0] in body:
                    self._orders.remove(order)
                    return order[1]
        return None

    @property
    def all_met(self) -> bool:
        return not self._orders

    def handle_error(self, request, client_address) -> None:
        """Broken connections are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Way

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        after = self.server.order_for(body)
        if after is False:
            self._reset()
            return
        status, headers, content = self._ask_the_wallet(body)
        if after:
            self._reset()
            return
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in OWN_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST

    def _ask_the_wallet(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        wallet = http.client.HTTPConnection(self.server.target, timeout=20)
        try:
            wallet.request(self.command, self.path, body, dict(self.headers))
            answer = wallet.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            wallet.close()

    def _reset(self) -> None:
        """RST instead of a farewell: the peer sees "connection reset"."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        # Both file objects hold the socket open until they go.
        self.rfile.close()
        self.wfile.close()
        self.rfile, self.wfile = io.BytesIO(), io.BytesIO()
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def breaking_way(target: str) -> Iterator[Way]:
    way = Way(target)
    threading.Thread(target=way.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield way
    finally:
        way.shutdown()
        way.server_close()
