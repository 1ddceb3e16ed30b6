"""A loopback address that takes webhooks and keeps them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from wallets.providers.base import HttpIn

WAIT_SECONDS = 8


class Receiver:
    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.calls: list[HttpIn] = []
        self.answer = b"success"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def wait(self, count: int = 1) -> list[HttpIn]:
        """The calls so far, once there are at least `count`."""
        ends = time.monotonic() + WAIT_SECONDS
        while len(self.calls) < count and time.monotonic() < ends:
            time.sleep(0.01)
        assert len(self.calls) >= count, f"{len(self.calls)} of {count} webhooks came"
        return list(self.calls)


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.calls.append(HttpIn(method="POST", path=self.path, body=body, headers=headers))
            self.send_response(200)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
