"""What is owed and will not be collected: the discount of a settlement, and a write-off. Both can be taken back.

The debt falls and its line of the chart says how much of what was placed was given up; nothing is owed to the creditor
for it. Who may forgive, and what else then changes, is the caller's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.models.debts import COMPONENTS
from common.errors import InvalidInput
from payments.ledger.batches import Line
from payments.ledger.entries import post_entry
from payments.models import JournalEntry, LedgerAccount

Kind = LedgerAccount.Kind


def post_write_off(
    account: Account, shares: Mapping[str, int], *, key: str, effective_at: datetime, **data: Any
) -> tuple[JournalEntry, bool]:
    """Give up `shares` of the debt by component, once per `key`. Undone by `reverse_entry`."""
    return _forgive("write_off", Kind.WRITE_OFF, account, shares, key=key, effective_at=effective_at, **data)


def post_settlement_discount(
    account: Account, shares: Mapping[str, int], *, key: str, effective_at: datetime, **data: Any
) -> tuple[JournalEntry, bool]:
    """What a settled account need not pay any more, by component, once per `key`. Undone by `reverse_entry`."""
    return _forgive("settlement", Kind.SETTLEMENT_DISCOUNT, account, shares, key=key, effective_at=effective_at, **data)


def _forgive(
    name: str, place: str, account: Account, shares: Mapping[str, int], *, key: str, effective_at: datetime, **data: Any
) -> tuple[JournalEntry, bool]:
    if not shares or any(part not in COMPONENTS or minor <= 0 for part, minor in shares.items()):
        raise InvalidInput(_("Say how much of which part of the debt is given up."), field="shares")
    return post_entry(
        name,
        idempotency_key=f"{name}:{account.pk}:{key}",
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=effective_at,
        lines=[
            *(Line(Kind.RECEIVABLE, -minor, account=account, component=part) for part, minor in shares.items()),
            Line(place, sum(shares.values())),
        ],
        **data,
    )
