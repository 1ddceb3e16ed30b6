"""What a remittance does to the ledger: commission and fees when approved, the pay-out when paid."""

from __future__ import annotations

from datetime import datetime

from common.clock import now
from payments.ledger import Line, post_entry, reverse_entry
from payments.models import JournalEntry, LedgerAccount, Remittance
from payments.models.remittance import Way
from payments.remittance.candidates import INVOICED, OWN

Kind = LedgerAccount.Kind


def post_approval(remittance: Remittance) -> JournalEntry | None:
    """Commission and fees out of what is owed to the creditor, or as an invoice to it. None when there are neither."""
    commission, fees = remittance.commission_minor, remittance.fees_minor
    if not commission and not fees:
        return None
    qualifier = INVOICED if remittance.way == Way.GROSS else ""
    lines = [
        Line(Kind.PAYABLE, commission + fees, qualifier=qualifier),
        Line(Kind.COMMISSION, -commission),
        Line(Kind.PROVIDER_FEES, -fees),
    ]
    return _post(remittance, OWN, "approved", lines, at=now())


def post_payout(remittance: Remittance) -> JournalEntry:
    minor = remittance.payout_minor
    lines = [Line(Kind.PAYABLE, minor), Line(Kind.TRUST, -minor)]
    return _post(remittance, f"{OWN}_paid", "paid", lines, at=remittance.paid_at or now())


def undo_approval(remittance: Remittance) -> None:
    if remittance.entry:
        reverse_entry(remittance.entry, effective_at=now(), remittance=remittance.reference)


def _post(remittance: Remittance, kind: str, step: str, lines: list[Line], *, at: datetime) -> JournalEntry:
    entry, _is_new = post_entry(
        kind,
        idempotency_key=f"remittance:{remittance.pk}:{step}",
        creditor_id=remittance.creditor_id,
        currency=remittance.currency,
        effective_at=at,
        lines=lines,
        remittance=remittance.reference,
    )
    return entry
