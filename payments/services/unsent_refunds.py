"""Refunds that have not left yet give way when the money they would give back has gone another way."""

from __future__ import annotations

from django.db.models import Sum

from accounts.events import record_event
from common.clock import now
from payments.models import Attempt, Refund
from payments.models.refunds import LIVE_REFUND_STATES, SENT_REFUND_STATES

UNSENT = ("requested", "approved")


def given(attempt: Attempt, states: tuple[str, ...] = LIVE_REFUND_STATES) -> int:
    """The sum of the attempt's refunds in these states, in minor units."""
    return attempt.refunds.filter(state__in=states).aggregate(minor=Sum("amount_minor"))["minor"] or 0


def room(attempt: Attempt, *, states: tuple[str, ...] = LIVE_REFUND_STATES) -> int:
    """What may still be given back: what was paid less refunds and open disputes."""
    disputed = attempt.disputes.filter(returned=None).aggregate(minor=Sum("amount_minor"))["minor"] or 0
    return attempt.amount_minor - given(attempt, states) - disputed


def drop_what_no_longer_fits(attempt: Attempt, why: str, *, coming: int = 0) -> None:
    """Turn down the newest unsent refunds until `coming` more fits. The caller holds the attempt's locks."""
    for refund in attempt.refunds.select_for_update().filter(state__in=UNSENT).order_by("-pk"):
        if room(attempt) >= coming:
            return
        _drop(refund, why)


def _drop(refund: Refund, why: str) -> None:
    refund.state, refund.problem, refund.look_up_at = "rejected", why, None
    refund.decided_by = refund.decided_by or refund.requested_by
    refund.decided_at = refund.finished_at = now()
    refund.save(update_fields=["state", "problem", "look_up_at", "decided_by", "decided_at", "finished_at"])
    record_event("refund.rejected", account=refund.payment.account, refund=refund.reference, reason=why)


def sent(attempt: Attempt) -> int:
    return given(attempt, SENT_REFUND_STATES)
