"""What a refund takes out of a payment, and what puts it back. The caller holds account, payment and attempt."""

from __future__ import annotations

from payments.models import JournalEntry, LedgerAccount, Refund
from payments.services.moving_back import post_back, post_out

REFUNDED = "refunded"


def owe_refund(refund: Refund) -> None:
    """Take it out of the payment, once: a transfer when it is agreed on, a wallet's refund when the wallet made it."""
    refund.entry = post_out(
        "refund",
        refund.source,
        refund.amount_minor,
        key=f"refund:{refund.pk}:{refund.undone_id or 'done'}",
        reason=REFUNDED,
        by_transfer=refund.way == Refund.Way.TRANSFER,
        refund=refund.reference,
    )
    refund.undone = None


def owe_no_refund(refund: Refund) -> None:
    """A transfer that was agreed on and is not made: what it was taken out of has it back."""
    if refund.entry_id and refund.way == Refund.Way.TRANSFER:
        refund.undone = put_back(refund, LedgerAccount.Kind.REFUNDS)


def put_back(refund: Refund, place: str) -> JournalEntry:
    """What was taken out is back, at `place` in the chart."""
    return post_back(
        "refund_reversal",
        refund.source,
        refund.amount_minor,
        key=f"refund:{refund.pk}:returned:{refund.entry_id}",
        place=place,
        refund=refund.reference,
    )
