"""What becomes of an instalment whose debit failed or was closed: try again later, or stop and say why."""

from __future__ import annotations

from datetime import timedelta

from accounts.events import record_event
from common.clock import now
from payments.models import Attempt
from wallets.providers.base import DeclineCategory

MOST_TRIES = 3
WAIT_DAYS = {1: 1, 2: 3}
TRY_AGAIN = frozenset({DeclineCategory.RETRY_LATER.value, DeclineCategory.OPERATOR.value, ""})


def after_failed_debit(attempt: Attempt) -> None:
    """Plan the next try by the kind of refusal; our own mistakes never use up the debtor's tries."""
    row = attempt.payment.instalment
    if row is None or row.state not in ("scheduled", "noticed"):
        return
    if attempt.decline_category != DeclineCategory.OPERATOR.value:
        row.attempts_used += 1
    row.last_reason = attempt.reason
    if attempt.decline_category in TRY_AGAIN and row.attempts_used < MOST_TRIES:
        row.debit_not_before = now() + timedelta(days=WAIT_DAYS.get(row.attempts_used, 1))
    else:
        row.state = "missed"
        record_event("instalment.missed", account=attempt.payment.account, number=row.number, reason=row.last_reason)
    row.save(update_fields=["attempts_used", "last_reason", "debit_not_before", "state"])


def release_instalment(attempt: Attempt) -> None:
    """A debit that never happened leaves its instalment as it was."""
    row = attempt.payment.instalment
    if row and row.state == "noticed" and attempt.reason:
        row.last_reason = attempt.reason
        row.save(update_fields=["last_reason"])
