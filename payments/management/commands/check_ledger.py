"""Ask the ledger whether it balances and whether the cached balances agree with it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.ledger.checks import drifted_accounts, unbalanced_entries


class Command(BaseCommand):
    help = "Check that every entry balances and every cached balance equals its postings; exits non-zero if not."

    def handle(self, *args: Any, **options: Any) -> None:
        unbalanced, drifted = unbalanced_entries(), drifted_accounts()
        for entry, currency, total in unbalanced:
            self.stderr.write(f"Entry {entry} is off by {total} {currency}.")
        for account, cached, total in drifted:
            self.stderr.write(f"Account {account} shows {cached}, its postings sum to {total}.")
        if unbalanced or drifted:
            raise CommandError("The ledger and the balances disagree. Post correcting entries; change no row.")
        self.stdout.write("The ledger balances and every account agrees with it.")
