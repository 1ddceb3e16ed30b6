"""Finding lines of the chart, and opening those that are new."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Q

from payments.models import LedgerAccount


class Place(NamedTuple):
    """What names a line of the chart."""

    creditor_id: int
    currency: str
    kind: str
    qualifier: str


def ledger_account(kind: str, *, creditor_id: int, currency: str, qualifier: str = "") -> LedgerAccount:
    row, _created = LedgerAccount.objects.get_or_create(
        creditor_id=creditor_id, currency=currency, kind=kind, qualifier=qualifier
    )
    return row


def open_places(wanted: Collection[Place]) -> dict[Place, int]:
    """The ids of all of them. Opened in one order, so that two who open the same wait for each other, not both."""
    LedgerAccount.objects.bulk_create(
        [LedgerAccount(**place._asdict()) for place in sorted(wanted)], ignore_conflicts=True
    )
    fitting = reduce(or_, (Q(**place._asdict()) for place in wanted))
    rows = LedgerAccount.objects.filter(fitting)
    return {Place(row.creditor_id, row.currency, row.kind, row.qualifier): row.pk for row in rows}
