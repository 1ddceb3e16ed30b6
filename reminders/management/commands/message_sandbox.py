"""Runs the message sandbox until it is told to stop."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.webhooks.sandbox import sandbox_secret
from reminders.sandbox.moved_clock import MovedClock
from reminders.sandbox.server import MessageSandbox, SandboxSettings
from reminders.sandbox.twilio_api import Account

DEFAULT_INBOUND_PATH = "/webhooks/sms/inbound/"


class Command(BaseCommand):
    help = "Twilio's API, a mail server and an on-screen outbox, all on this machine."
    # It serves no page of the platform, so the platform's checks would only slow its start.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--http-port", type=int, default=urlsplit(settings.MESSAGE_SANDBOX_URL).port or 8102)
        parser.add_argument("--smtp-port", type=int, default=settings.EMAIL_PORT)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--inbound-url", default=settings.PUBLIC_URL + DEFAULT_INBOUND_PATH)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("The message sandbox runs in sandbox mode only. Set SANDBOX=1.")
        clock = MovedClock()
        clock.start()
        sandbox = MessageSandbox(
            SandboxSettings(
                account=Account(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN),
                inbound_url=options["inbound_url"],
                now=clock.now,
                store_path=Path(settings.DATA_DIR) / "sandbox" / "messages.sqlite3",
                host=options["host"],
                http_port=options["http_port"],
                smtp_port=options["smtp_port"],
                creditor_secret=sandbox_secret(),
            )
        )
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        sandbox.start()
        self.stdout.write(f"Message outbox on {sandbox.url}, mail on port {sandbox.smtp_port}")
        stopping.wait()
        sandbox.stop()
        clock.stop()
