"""The sums of a remittance, and what is held for a creditor at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum

from payments.models import LedgerAccount, Posting, RemittanceLine
from payments.models.remittance import Way

Kind = LedgerAccount.Kind
LineKind = RemittanceLine.Kind


def totals_of(lines: Sequence[RemittanceLine], *, way: str, carried_in: int) -> dict[str, int]:
    """Named as the columns. Nothing is paid out below zero: that much is carried into the next remittance."""
    amounts = {kind: sum(line.amount_minor for line in lines if line.kind == kind) for kind in LineKind.values}
    commission = sum(line.commission_minor for line in lines)
    fees = sum(line.fee_minor for line in lines)
    kept_back = commission + fees if way == Way.NET else 0
    left = amounts["collected"] + amounts["taken_back"] + carried_in - kept_back
    return {
        "collected_minor": amounts["collected"],
        "taken_back_minor": amounts["taken_back"],
        "direct_minor": amounts["direct"],
        "commission_minor": commission,
        "fees_minor": fees,
        "fees_kept_minor": amounts["fee"] - fees,
        "carried_in_minor": carried_in,
        "payout_minor": max(0, left),
        "carried_out_minor": min(0, left),
    }


def held_at(creditor_id: int, currency: str, end: datetime) -> tuple[int, int]:
    """On the trust account, and still with the wallets, for this creditor before `end`."""
    rows = Posting.objects.filter(
        ledger_account__creditor_id=creditor_id,
        ledger_account__currency=currency,
        ledger_account__kind__in=[Kind.TRUST, Kind.CLEARING],
        entry__creditor_id=creditor_id,
        entry__effective_at__lt=end,
    )
    sums = dict(rows.values_list("ledger_account__kind").annotate(minor=Sum("amount_minor")).order_by())
    return sums.get(Kind.TRUST, 0), sums.get(Kind.CLEARING, 0)
