"""The debit worker: plan, claim, send, settle. Every step is committed before the next, so it may die anywhere."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, transaction

from common.clock import now
from common.errors import PlatformError
from payments.debits.claiming import claim_debits
from payments.debits.planning import plan_debits
from payments.debits.sending import Answered, send_all
from payments.faults import stop_point
from payments.models import Attempt
from payments.services.closing import close_attempt
from payments.services.ending import close_unsent
from payments.services.locking import lock_chain
from payments.services.lookups import send_again
from payments.services.outcomes import apply_result
from wallets.gateway import refuse_inside_transaction
from wallets.services import apply_mandate_result

logger = logging.getLogger(__name__)

NOT_SENT_WAIT = timedelta(minutes=10)
LONGEST_OUTAGE = timedelta(days=1)
OUTAGES = frozenset({"not_sent", "provider_down"})


@dataclass
class DebitRun:
    created: int = 0
    refused: int = 0
    sent: int = 0
    settled: int = 0


def debit_due_instalments(batch: int = 200) -> DebitRun:
    """Debit what is due now, up to `batch` instalments. Any number of these may run at once, and any may be killed.

    Not inside a transaction. A killed run leaves claims whose lease runs out; the look-up finds out what happened.
    """
    refuse_inside_transaction()
    planned = plan_debits(batch)
    if planned.in_the_way and _close_all(planned.in_the_way):
        again = plan_debits(batch)
        planned.created += again.created
    claims = claim_debits(batch)
    run = DebitRun(created=planned.created, refused=planned.refused, sent=len(claims))
    stop_point("before_call")
    for answers in send_all(claims):
        stop_point("after_answer")
        run.settled += settle(answers)
    stop_point("after_commit")
    return run


def _close_all(attempt_ids: list[int]) -> int:
    """Abandoned payment pages, ended at the provider; one that turns out to be paid is applied like any success."""
    closed = 0
    for attempt in Attempt.objects.filter(pk__in=attempt_ids).select_related("payment", "provider"):
        try:
            closed += close_attempt(attempt, source="debit").outcome == "applied"
        except PlatformError as error:
            logger.warning("an abandoned page could not be closed", extra={"attempt": attempt.pk, "code": error.code})
    return closed


def settle(answers: list[Answered]) -> int:
    """Apply answers in one transaction, accounts in id order; when one of them cannot be, each goes alone."""
    ordered = sorted(answers, key=lambda answer: answer.claim.account_id)
    try:
        with transaction.atomic():
            return sum(_settle_one(answer) for answer in ordered)
    except (PlatformError, DatabaseError):
        logger.exception("answers are settled one by one")
        return sum(_settle_alone(answer) for answer in ordered)


def _settle_alone(answer: Answered) -> int:
    try:
        with transaction.atomic():
            return _settle_one(answer)
    except (PlatformError, DatabaseError):
        logger.exception("an answer was left to the look-up", extra={"attempt": answer.claim.attempt_id})
        return 0


def _settle_one(answer: Answered) -> int:
    if answer.standing:
        apply_mandate_result(answer.claim.mandate_id, answer.standing, source="debit")
    if answer.result:
        apply_result(answer.claim.attempt_id, answer.result, source="debit")
        return 1
    _not_sent(answer)
    return 0


def _not_sent(answer: Answered) -> None:
    """Provably nothing left us. An outage is waited out under the same reference; an ended mandate ends the attempt."""
    _account, _payment, attempt = lock_chain(answer.claim.attempt_id)
    waits = answer.reason in OUTAGES and attempt.created_at + LONGEST_OUTAGE > now()
    if waits:
        send_again(attempt.pk, reason=answer.reason, after=NOT_SENT_WAIT)
    elif attempt.state == "sending":
        close_unsent(attempt, answer.reason)
