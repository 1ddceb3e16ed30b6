"""Everything a fresh machine needs between an empty database and the first request."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from collections_platform.demo.facts import demo_facts


class Command(BaseCommand):
    help = "Create missing secrets, migrate, install defaults, register sandbox providers and load the demo once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave out the demo data")
        parser.add_argument("--show", action="store_true", help="print the address, demo logins and a debtor's link")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show"]:
            self.stdout.write(json.dumps(demo_facts()))
            return
        self._prepare(with_demo=settings.SANDBOX and not options["no_demo"])

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
