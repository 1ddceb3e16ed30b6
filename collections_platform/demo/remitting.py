"""What was agreed with the demo's creditors, money collected last month, and the first drafts of what they are due."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from accounts.models import Account, Creditor
from common.clock import now, today
from common.money import Money
from payments.remittance import draft_due, set_terms
from payments.services.transfers import record_transfer

# Each way of reckoning once: by the debt's age, by the payment, by percent with an invoice, once per account.
AGREED: dict[str, dict[str, Any]] = {
    "harbour": {"currency": "CNY", "basis": "tiered", "tier_days": [0, 30, 90], "tier_rates": [1_200, 1_800, 2_750]},
    "formosa": {"currency": "TWD", "basis": "payment", "flat_minor": 5_000},
    "thames": {"currency": "GBP", "basis": "percent", "rate": 1_500, "way": "gross", "zone": "Europe/London"},
    "acacia": {"currency": "KES", "basis": "account", "flat_minor": 25_000, "zone": "Africa/Nairobi"},
}
PAYERS = 9


def remit(seed: int = 2026) -> None:
    """Told once, after the accounts are there."""
    rng = random.Random(seed)  # noqa: S311 - believable, not secret
    before = _last_month()
    for code, agreed in AGREED.items():
        creditor = Creditor.objects.get(code=code)
        terms = dict(agreed)
        set_terms(creditor, terms.pop("currency"), valid_from=before - timedelta(days=300), by=None, **terms)
        rows = Account.objects.filter(creditor=creditor, status="open", plans=None, holds=None, payments=None)
        for account in rows.filter(balance_minor__gt=0).order_by("pk")[30 : 30 + PAYERS]:
            _collect(account, before, rng)
    draft_due()


def _collect(account: Account, month: date, rng: random.Random) -> None:
    """A day in the middle of last month, whatever the creditor's zone."""
    received = now() - (today() - month) + timedelta(days=rng.randint(2, 24))
    minor = account.balance_minor // rng.choice((4, 3, 2)) or 1
    record_transfer(account, Money(minor, account.currency), received_at=received, bank_reference=f"demo-{account.pk}")


def _last_month() -> date:
    return (today().replace(day=1) - timedelta(days=1)).replace(day=1)
