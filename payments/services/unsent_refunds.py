"""Refunds that have not left yet give way when the money they would give back has gone another way."""

from __future__ import annotations

from django.db.models import QuerySet, Sum

from accounts.events import record_event
from common.clock import now
from payments.models import Attempt, Payment, Refund
from payments.models.refunds import LIVE_REFUND_STATES, SENT_REFUND_STATES
from payments.services.owed_refunds import owe_no_refund
from payments.services.shares import Source, payment_of

UNSENT = ("requested", "approved")


def given(source: Source, states: tuple[str, ...] = LIVE_REFUND_STATES) -> int:
    """The sum of the source's refunds in these states, in minor units."""
    return source.refunds.filter(state__in=states).aggregate(minor=Sum("amount_minor"))["minor"] or 0


def room(source: Source, *, states: tuple[str, ...] = LIVE_REFUND_STATES) -> int:
    """What may still be given back: what was paid less refunds and open disputes."""
    return source.amount_minor - given(source, states) - (0 if isinstance(source, Payment) else _disputed(source))


def _disputed(attempt: Attempt) -> int:
    return attempt.disputes.filter(returned=None).aggregate(minor=Sum("amount_minor"))["minor"] or 0


def drop_what_no_longer_fits(attempt: Attempt, why: str, *, coming: int = 0) -> None:
    """Turn down the newest unsent refunds until `coming` more fits. The caller holds the attempt's locks."""
    for refund in _unsent(attempt):
        if room(attempt) >= coming:
            return
        _drop(refund, attempt, why)


def drop_unsent(source: Source, why: str) -> None:
    """The payment is gone, so nothing of it is given back any more. The caller holds the attempt's locks."""
    for refund in _unsent(source):
        _drop(refund, source, why)


def _unsent(source: Source) -> QuerySet[Refund]:
    return source.refunds.select_for_update().filter(state__in=UNSENT).order_by("-pk")


def _drop(refund: Refund, source: Source, why: str) -> None:
    refund.payment = payment_of(source)
    if isinstance(source, Attempt):
        refund.attempt = source
    refund.state, refund.problem, refund.look_up_at = "rejected", why, None
    refund.decided_by = refund.decided_by or refund.requested_by
    refund.decided_at = refund.finished_at = now()
    owe_no_refund(refund)
    refund.save()
    record_event("refund.rejected", account=refund.payment.account, refund=refund.reference, reason=why)


def sent(attempt: Attempt) -> int:
    return given(attempt, SENT_REFUND_STATES)
