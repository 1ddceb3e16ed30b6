"""Finding (or opening) a line of the chart."""

from __future__ import annotations

from payments.models import LedgerAccount


def ledger_account(kind: str, *, creditor_id: int, currency: str, qualifier: str = "") -> LedgerAccount:
    row, _created = LedgerAccount.objects.get_or_create(
        creditor_id=creditor_id, currency=currency, kind=kind, qualifier=qualifier
    )
    return row
