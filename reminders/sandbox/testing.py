"""A message sandbox for tests: real ports, its own memory, gone when the block ends."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from django.test import override_settings

from reminders.channels.registry import channel
from reminders.sandbox.server import MessageSandbox, SandboxSettings
from reminders.sandbox.twilio_api import Account

TEST_ACCOUNT = Account("AC" + "0" * 32, "a-token-for-tests")


class RunningSandbox:
    """The sandbox as a test talks to it: through its ports."""

    def __init__(self, sandbox: MessageSandbox) -> None:
        self.sandbox = sandbox
        self.url = sandbox.url
        self.smtp_port = sandbox.smtp_port
        self.account = sandbox.settings.account
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=10)

    def messages(self, *, to: str = "", channel: str = "") -> list[dict[str, Any]]:
        """Newest first, as the JSON API shows them."""
        listed: list[dict[str, Any]] = self._client.get("/api/messages", params={"to": to, "channel": channel}).json()[
            "messages"
        ]
        return listed

    def set_faults(self, **controls: str | int) -> None:
        self._client.post("/api/controls", json=controls).raise_for_status()

    def reply(self, *, from_: str, text: str, to: str = "") -> dict[str, Any]:
        answer = self._client.post("/api/reply", json={"from": from_, "text": text, "to": to}).raise_for_status()
        said: dict[str, Any] = answer.json()
        return said

    def subscribe(self, *, sender: str = "") -> dict[str, Any]:
        """A browser's subscription, as the browser would hand it out."""
        body = {"applicationServerKey": sender} if sender else {}
        answer = self._client.post("/push/subscriptions", json=body).raise_for_status()
        given: dict[str, Any] = answer.json()
        return given

    def end_subscription(self, endpoint: str) -> None:
        self._client.post(f"/push/subscriptions/{endpoint.rpartition('/')[2]}/end").raise_for_status()

    def clear(self) -> None:
        self._client.post("/api/clear").raise_for_status()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _real_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def running_message_sandbox(
    *,
    inbound_url: str = "http://127.0.0.1:9/",
    creditor_secret: str = "",
    now: Callable[[], datetime] = _real_now,
    receipt_step: float = 0.01,
) -> Iterator[RunningSandbox]:
    """Starts the sandbox and points Twilio and SMTP settings at it; `channel()` builds afresh inside and after."""
    settings = SandboxSettings(
        account=TEST_ACCOUNT,
        inbound_url=inbound_url,
        now=now,
        smtp_port=free_port(),
        receipt_step=receipt_step,
        creditor_secret=creditor_secret,
    )
    sandbox = MessageSandbox(settings)
    sandbox.start()
    pointed = override_settings(
        TWILIO_BASE_URL=sandbox.url,
        TWILIO_ACCOUNT_SID=TEST_ACCOUNT.sid,
        TWILIO_AUTH_TOKEN=TEST_ACCOUNT.auth_token,
        TWILIO_FROM="+15005550006",
        TWILIO_WHATSAPP_FROM="+15005550006",
        MESSAGE_SANDBOX_URL=sandbox.url,
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=settings.smtp_port,
        EMAIL_HOST_USER="",
        EMAIL_HOST_PASSWORD="",
        EMAIL_USE_TLS=False,
        EMAIL_TIMEOUT=5,
    )
    channel.cache_clear()
    try:
        with pointed:
            yield RunningSandbox(sandbox)
    finally:
        channel.cache_clear()
        sandbox.stop()
