"""What becomes of an instalment whose debit failed or was closed: `payments.retries` decides, these are its doors."""

from __future__ import annotations

from collections.abc import Sequence

from payments.models import Attempt


def after_failed_debit(attempt: Attempt) -> None:
    """Plan the next try by the kind of refusal, or stop and say why. The caller holds the locks of the chain."""
    after_failed_debits([attempt])


def after_failed_debits(attempts: Sequence[Attempt]) -> None:
    """The same for many at once, in a fixed number of reading queries."""
    # The debits import what settles them, and settling ends here: the two meet only when a debit has failed.
    from payments.retries import applying

    debits = [attempt for attempt in attempts if attempt.payment.instalment_id]
    if debits:
        applying.after_failed_debits(debits)


def release_instalment(attempt: Attempt) -> None:
    """A debit that never happened leaves its instalment as it was."""
    row = attempt.payment.instalment
    if row and row.state == "noticed" and attempt.reason:
        row.last_reason = attempt.reason
        row.save(update_fields=["last_reason"])
