"""Writing a decision down: on the instalment, in its own row with every reason, and as an event. Once per attempt."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.events import record_event
from common.clock import now
from payments.debits.calendar import zone_of
from payments.debits.releasing import release
from payments.models import Attempt, RetryDecision
from payments.retries.deciding import ANNOUNCE, STOP, Decision, next_try
from payments.retries.gathering import Case, gather
from payments.retries.rules import Ladder
from payments.retries.selectors import is_worth_telling, next_on
from payments.signals import debit_failed, tell_after_commit


def after_failed_debits(attempts: Sequence[Attempt]) -> None:
    """Decide what becomes of the instalments of these failed debits. The caller holds the locks of their accounts."""
    for case in gather(attempts, now()):
        _apply(case, next_try(case.situation))


def _apply(case: Case, decision: Decision) -> None:
    row, attempt = case.row, case.attempt
    kept = _keep(case, decision)
    row.last_reason = attempt.reason
    row.attempts_used += case.situation.rule.ladder is Ladder.DECLINED
    if decision.moment is None:
        row.state, row.retry_on = "missed", None
        row.save(update_fields=["attempts_used", "last_reason", "retry_on", "state"])
    else:
        row.retry_on = decision.moment.astimezone(zone_of(row.plan.account.debtor)).date()
        if row.state == "noticed" and decision.outcome != ANNOUNCE:
            row.debit_not_before = decision.moment
        row.save(update_fields=["attempts_used", "last_reason", "retry_on", "debit_not_before"])
        if row.state == "noticed" and decision.outcome == ANNOUNCE:
            release(row, attempt.payment.account, attempt.reason)
    attempt.payment.instalment = row
    _tell(case, decision)
    if is_worth_telling(kept):
        tell_after_commit(debit_failed, Attempt, attempt=attempt, next_on=next_on(kept))


def _keep(case: Case, decision: Decision) -> RetryDecision:
    return RetryDecision.objects.create(
        attempt=case.attempt,
        instalment=case.row,
        outcome=decision.outcome,
        ladder=decision.ladder,
        rung=decision.rung_used,
        next_at=decision.moment,
        reason=decision.reason,
        because=list(decision.because),
    )


def _tell(case: Case, decision: Decision) -> None:
    account, number = case.attempt.payment.account, case.row.number
    if decision.outcome == STOP or decision.moment is None:
        failed = case.attempt.reason
        record_event("instalment.missed", account=account, number=number, reason=decision.reason, failed=failed)
        return
    record_event(
        "instalment.retry_planned",
        account=account,
        number=number,
        at=decision.moment.isoformat(),
        reason=case.attempt.reason,
        ladder=decision.ladder,
        told_anew=decision.outcome == ANNOUNCE,
        tries_left=case.situation.budget.left,
    )
