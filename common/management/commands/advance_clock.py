"""Move the sandbox clock forward, for every process at once."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from common.clock import now
from common.clock_moves import advance


class Command(BaseCommand):
    help = "Sandbox only: move the platform's clock forward and do at once what has become due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=0)
        parser.add_argument("--hours", type=int, default=0)
        parser.add_argument("--minutes", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        step = timedelta(days=options["days"], hours=options["hours"], minutes=options["minutes"])
        advance(step)
        self.stdout.write(f"It is now {now():%Y-%m-%d %H:%M} UTC on the platform.")
