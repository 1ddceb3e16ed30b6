"""Puts the sandbox together: one store behind an HTTP port and an SMTP port."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reminders.sandbox.control_api import ControlApi
from reminders.sandbox.creditor import CreditorInbox
from reminders.sandbox.inbound import Inbound
from reminders.sandbox.pages import Pages
from reminders.sandbox.push_service import PushService
from reminders.sandbox.receipts import STEP, Receipts
from reminders.sandbox.smtp_sink import Sink, mail_server
from reminders.sandbox.store import Store
from reminders.sandbox.twilio_api import Account, TwilioApi
from reminders.sandbox.web import Router, serve


@dataclass(frozen=True, kw_only=True)
class SandboxSettings:
    account: Account
    inbound_url: str
    now: Callable[[], datetime]
    store_path: Path | str = ":memory:"
    host: str = "127.0.0.1"
    http_port: int = 0
    smtp_port: int = 0
    receipt_step: float = STEP  # seconds
    creditor_secret: str = ""


class MessageSandbox:
    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.store = Store(settings.store_path)
        self.receipts = Receipts(
            self.store,
            account_sid=settings.account.sid,
            auth_token=settings.account.auth_token,
            now=settings.now,
            step=settings.receipt_step,
        )
        self.inbound = Inbound(self.store, receipts=self.receipts, inbound_url=settings.inbound_url, now=settings.now)
        self._http = serve(self._router(), host=settings.host, port=settings.http_port)
        sink = Sink(self.store, now=settings.now)
        self._mail = mail_server(sink, host=settings.host, port=settings.smtp_port)

    @property
    def http_port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self.http_port}"

    @property
    def smtp_port(self) -> int:
        return self.settings.smtp_port

    def start(self) -> None:
        self.receipts.start()
        self._mail.start()
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._mail.stop()
        self.receipts.stop()
        self.store.close()

    def _router(self) -> Router:
        router = Router()
        TwilioApi(self.store, account=self.settings.account, receipts=self.receipts, now=self.settings.now).add_routes(
            router
        )
        CreditorInbox(
            self.store, secret=self.settings.creditor_secret, now=self.settings.now, real_now=lambda: datetime.now(UTC)
        ).add_routes(router)
        PushService(self.store, now=self.settings.now, real_now=lambda: datetime.now(UTC)).add_routes(router)
        ControlApi(self.store, receipts=self.receipts, inbound=self.inbound).add_routes(router)
        Pages(self.store, inbound=self.inbound, smtp_port=self.settings.smtp_port).add_routes(router)
        return router
