"""One message sandbox for the folder, emptied before each test."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.test import override_settings

from reminders.channels.base import HttpIn, OutboundMessage
from reminders.channels.registry import channel
from reminders.sandbox.testing import RunningSandbox, running_message_sandbox

PHONE = "+4915112345678"


class Platform:
    """The platform's end of the webhooks: keeps what was posted to it, as the provider signed it."""

    def __init__(self) -> None:
        self.received: list[HttpIn] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                address = f"http://127.0.0.1:{self.server.server_address[1]}{self.path}"
                received.append(HttpIn("POST", address, dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def wait_for(self, count: int) -> list[HttpIn]:
        wait_until(lambda: len(self.received) >= count)
        return self.received


def wait_until(happened: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    platform = Platform()
    yield platform
    platform.server.shutdown()
    platform.server.server_close()


@pytest.fixture(scope="module")
def _sandbox(platform: Platform) -> Iterator[RunningSandbox]:
    with override_settings(SANDBOX=True), running_message_sandbox(inbound_url=platform.url + "/inbound") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_sandbox: RunningSandbox, platform: Platform) -> RunningSandbox:
    _sandbox.clear()
    platform.received.clear()
    return _sandbox


@pytest.fixture
def sms(sandbox: RunningSandbox):
    return channel("sms")


@pytest.fixture
def email(sandbox: RunningSandbox):
    return channel("email")


@pytest.fixture
def text_message(platform: Platform) -> OutboundMessage:
    return OutboundMessage(
        message_id="m-1", to=PHONE, text="12.50 is due. Reply STOP to opt out.", callback_url=platform.url + "/status"
    )


@pytest.fixture
def mail() -> OutboundMessage:
    return OutboundMessage(
        message_id="m-2",
        to="maria@example.org",
        subject="12.50 is due",
        text="Hello Maria",
        html="<p>Hello <b>Maria</b></p>",
        unsubscribe_url="https://pay.example/stop/abc",
    )


@pytest.fixture
def moment_ago() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)
