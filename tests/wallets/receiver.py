"""A loopback address that takes webhooks and keeps them."""

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from wallets.providers.base import HttpIn, HttpOut

WAIT_SECONDS = 60
QUIET_SECONDS = 1.5
POLL_SECONDS = 0.01

_numbers = itertools.count(1)
_open: dict[str, "Receiver"] = {}


class Receiver:
    """An address of its own at the one server of this process. What comes after it was closed is nobody's."""

    def __init__(self) -> None:
        self.place = f"/hook/{next(_numbers)}"
        self.calls: list[HttpIn] = []
        self.answer: bytes | HttpOut = b"success"

    @property
    def reply(self) -> HttpOut:
        return self.answer if isinstance(self.answer, HttpOut) else HttpOut(status=200, body=self.answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{_server().server_address[1]}{self.place}"

    def wait(self, count: int = 1) -> list[HttpIn]:
        """The calls so far, once there are at least `count`."""
        self.wait_until(lambda: len(self.calls) >= count, f"{count} webhooks")
        return list(self.calls)

    def wait_until(self, enough: Callable[[], bool], what: str) -> None:
        ends = time.monotonic() + WAIT_SECONDS
        while not enough():
            assert time.monotonic() < ends, f"{what} did not come; {len(self.calls)} calls did"
            time.sleep(POLL_SECONDS)

    def wait_quiet(self, call: HttpIn) -> None:
        """Nothing is delivered again after this call was answered."""
        came = len(self.calls)
        time.sleep(QUIET_SECONDS)
        again = [one for one in self.calls[came:] if one.body == call.body]
        assert not again, "it was delivered again although we had said that we have it"


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    _open[receiver.place] = receiver
    try:
        yield receiver
    finally:
        del _open[receiver.place]


@cache
def _server() -> ThreadingHTTPServer:
    """Never stopped: stopping a server takes longer than most tests."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        place = re.match(r"/hook/\d+", path)
        receiver = _open.get(place[0] if place else "")
        if receiver:
            receiver.calls.append(HttpIn(method="POST", path=path, body=body, headers=headers, query=query))
        self._answer(receiver.reply if receiver else HttpOut(status=410, body=b"closed"))

    def _answer(self, reply: HttpOut) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        pass
