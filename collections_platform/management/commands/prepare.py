"""Everything a fresh machine needs between an empty database and the first request."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from collections_platform.demo.facts import demo_facts


class Command(BaseCommand):
    help = "Create missing secrets, migrate, install defaults, register sandbox providers and load the demo once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave out the demo data")
        parser.add_argument("--facts", type=Path, help="write the address, demo logins and a debtor's link here")

    def handle(self, *args: Any, **options: Any) -> None:
        self._prepare(with_demo=settings.SANDBOX and not options["no_demo"])
        if options["facts"]:
            _write_private(options["facts"], json.dumps(demo_facts()))

    def _prepare(self, *, with_demo: bool) -> None:
        call_command("ensure_secrets", verbosity=0)
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        self._say("applying migrations")
        call_command("migrate", interactive=False, verbosity=0)
        from collections_platform.defaults import install_defaults

        self._say("installing default policies, templates and schedule")
        install_defaults()
        if with_demo:
            from collections_platform.demo.load import load_demo

            load_demo(self._say)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _write_private(path: Path, text: str) -> None:
    """For its owner alone: the debtor's link opens without a login."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
