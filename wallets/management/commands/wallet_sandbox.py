"""Run the wallet simulators on this machine."""

import io
import logging
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from common.errors import PlatformError
from wallets.sandbox.app import make_sandbox
from wallets.sandbox.merchant import merchants
from wallets.sandbox.notifier import LOOPBACK
from wallets.sandbox.server import SandboxServer

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the simulated wallets with cashier pages and a control page, on the loopback interface only."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8101, help="port on 127.0.0.1 (0 picks a free one)")
        parser.add_argument(
            "--notify-host", action="append", default=[], help="another host notifies may be sent to (repeatable)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("The simulators run only with SANDBOX=1.")
        folder = Path(settings.DATA_DIR) / "sandbox"
        folder.mkdir(parents=True, exist_ok=True)
        hosts = LOOPBACK | frozenset(options["notify_host"])
        sandbox = make_sandbox(secrets_dir=Path(settings.SECRETS_DIR), state=folder / "wallets.sqlite3", hosts=hosts)
        server = SandboxServer(sandbox.application, options["port"])
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        self.stdout.write(f"Wallet sandbox on {server.base_url}/ (control page: {server.base_url}/control/)")
        self.stdout.flush()
        threading.Thread(target=tell_addresses, args=(server.base_url,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("Wallet sandbox stopped.")
        finally:
            server.server_close()
            sandbox.close()


def tell_addresses(base_url: str) -> None:
    """What an operator does once for a real account: without it, some wallets' payments are never heard of."""
    try:
        for key, merchant in merchants(base_url, settings.SECRETS_DIR).items():
            if merchant.registers_address:
                call_command("register_notice_address", key, stdout=io.StringIO())
    except (CommandError, PlatformError, DatabaseError):
        logger.warning("a simulated wallet does not know our address yet: run register_notice_address")
    finally:
        connection.close()
