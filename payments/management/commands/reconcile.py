"""Read a provider's statement of one day now and settle it; safe to repeat."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.models import ReconciliationItem
from payments.reconciliation import reconcile_day
from wallets.models import Provider


class Command(BaseCommand):
    help = "Reads a wallet provider's statement of one of its days and matches it with the ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", required=True, help="the provider's key")
        parser.add_argument("--day", required=True, type=date.fromisoformat, help="YYYY-MM-DD, in the provider's zone")

    def handle(self, *args: Any, **options: Any) -> None:
        provider = Provider.objects.filter(key=options["provider"]).first()
        if provider is None:
            raise CommandError(f"No provider has the key {options['provider']}.")
        run = reconcile_day(provider, options["day"])
        waiting = ReconciliationItem.objects.filter(provider=provider).exclude(state="resolved").count()
        self.stdout.write(f"Statement of {run.day}: {run.lines_read} lines, {waiting} differences open.")
