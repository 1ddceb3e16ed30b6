"""Sending approved refunds, and asking what became of those on their way.

A claim is committed before the call. A worker that dies leaves a claim whose lease runs out: the provider is asked,
and only where repeating the same number can never pay twice is it sent again, under that number.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Conflict, PlatformError
from common.http import NotSent, OutcomeUnknown
from payments.faults import stop_point
from payments.models import Attempt, Refund
from payments.models.refunds import ASKED_REFUND_STATES
from payments.services.lookups import look_up_verified
from payments.services.refund_results import apply_refund_result, leave_refund, lock_refund, tell
from payments.services.unsent_refunds import room
from payments.services.waiting import LADDER
from wallets.gateway import adapter, call
from wallets.models import Provider
from wallets.providers.base import (
    Descriptor,
    IdempotencyKind,
    RateLimited,
    RefundRequest,
    RefundResult,
    RefundState,
)

logger = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(minutes=2)
ASKING = timedelta(minutes=1)
TRY_AGAIN = timedelta(minutes=5)
LOST_CLAIM = "lost_claim"


def send_due_refunds(batch: int = BATCH) -> int:
    """Send what was approved and is due; how many calls were made. Not inside a transaction."""
    due = Refund.objects.filter(state="approved", way=Refund.Way.WALLET, look_up_at__lte=now(), needs_person=False)
    return sum(_send_quietly(pk) for pk in list(due.order_by("pk").values_list("pk", flat=True)[:batch]))


def _send_quietly(refund_id: int) -> bool:
    try:
        return send_refund(refund_id)
    except Exception:  # one refund nobody can send must not keep the others waiting
        logger.exception("a refund could not be sent", extra={"refund": refund_id})
        return False


def send_refund(refund_id: int) -> bool:
    """Claim it, call the provider, apply what it says. False when there was nothing to send."""
    refund = _claim(refund_id)
    if refund is None:
        return False
    stop_point("refund_before_call")
    try:
        said = _call(refund)
    except (NotSent, RateLimited) as error:
        logger.warning("a refund was not taken", extra={"refund": refund_id, "code": error.code})
        _back_in_line(refund_id, error.code, after=TRY_AGAIN)
        return False
    stop_point("refund_after_answer")
    _apply(refund, said, "refund")
    return True


@transaction.atomic(durable=True)
def _claim(refund_id: int) -> Refund | None:
    refund = lock_refund(refund_id)
    if refund.state != "approved" or refund.look_up_at is None or refund.look_up_at > now():
        return None
    if refund.source.state != "succeeded" or room(refund.source) < 0:
        leave_refund(refund, "taken_back", "refund")
        return None
    refund.state, refund.sent_at, refund.look_ups = "sending", now(), 0
    refund.claimed_until = refund.look_up_at = now() + LEASE
    refund.save(update_fields=["state", "sent_at", "look_ups", "claimed_until", "look_up_at"])
    tell("refund.sent", refund, source="refund")
    return refund


def _call(refund: Refund) -> RefundResult:
    """Raises `NotSent` and `RateLimited`: provably nothing was refunded."""
    provider, attempt = _carrier(refund)
    request = RefundRequest(
        merchant_ref=attempt.merchant_reference,
        refund_ref=refund.merchant_reference,
        amount=refund.amount,
        provider_ref=attempt.provider_reference,
        reason=refund.reason,
    )
    try:
        return call(adapter(provider).refund(request), provider)
    except OutcomeUnknown:
        return RefundResult(state=RefundState.UNKNOWN, refund_ref=refund.merchant_reference)


def _carrier(refund: Refund) -> tuple[Provider, Attempt]:
    """The wallet that carries it. Raises `Conflict` where the money never was in one."""
    if refund.provider is None or refund.attempt is None:
        raise Conflict(_("No wallet knows this refund: it is our own transfer. Look at our bank."))
    return refund.provider, refund.attempt


def _apply(refund: Refund, said: RefundResult, source: str) -> Refund:
    applied = apply_refund_result(refund.pk, said, source=source)
    if applied.state == "failed":
        # What the wallet said of its refunds may have been counted as this one; see whether another is left.
        look_up_verified(_carrier(applied)[1])
    return applied


@transaction.atomic(durable=True)
def _back_in_line(refund_id: int, problem: str, *, after: timedelta = timedelta()) -> Refund:
    """Under its own number: it was provably not sent, or repeating it is safe."""
    refund = lock_refund(refund_id)
    if refund.state in ("sending", "unknown"):
        refund.state, refund.problem, refund.claimed_until = "approved", problem, None
        refund.look_up_at, refund.needs_person = now() + after, False
        refund.save(update_fields=["state", "problem", "claimed_until", "look_up_at", "needs_person"])
    return refund


def look_up_due_refunds(batch: int = BATCH) -> int:
    """Ask about refunds on their way, and about claims whose worker never came back."""
    due = _claim_look_ups(batch)
    for refund_id in due:
        _look_up_quietly(refund_id)
    return len(due)


@transaction.atomic(durable=True)
def _claim_look_ups(batch: int) -> list[int]:
    waiting = Refund.objects.filter(state__in=ASKED_REFUND_STATES, look_up_at__lte=now(), needs_person=False)
    due = list(waiting.order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True)[:batch])
    Refund.objects.filter(pk__in=due).update(look_up_at=now() + ASKING, look_ups=F("look_ups") + 1)
    return due


def _look_up_quietly(refund_id: int) -> None:
    try:
        look_up_refund(refund_id)
    except PlatformError as error:
        logger.warning("a refund's look-up without an answer", extra={"refund": refund_id, "code": error.code})
    except Exception:  # one refund nobody can read must not keep the others waiting
        logger.exception("a refund could not be looked up", extra={"refund": refund_id})


def look_up_refund(refund_id: int, *, source: str = "poll") -> Refund:
    """Ask the provider and apply. Raises when it gives no answer: the refund stays due."""
    refund = Refund.objects.select_related("attempt", "provider").get(pk=refund_id)
    provider, attempt = _carrier(refund)
    wallet = adapter(provider)
    asked = wallet.get_refund(refund.merchant_reference, attempt.merchant_reference, attempt.provider_reference)
    said = call(asked, provider)
    if said.state is RefundState.UNKNOWN and refund.state in ("sending", "unknown") and _repeats_safely(refund):
        return _back_in_line(refund_id, LOST_CLAIM, after=LADDER[min(refund.look_ups, len(LADDER) - 1)])
    return _apply(refund, said, source)


def _repeats_safely(refund: Refund) -> bool:
    """Whether the same number, sent again, moves nothing a second time, however late the first call arrives."""
    about: Descriptor = adapter(_carrier(refund)[0]).descriptor
    if about.idempotency is not IdempotencyKind.MERCHANT_REFERENCE:
        return False
    return about.idempotency_lifetime is None
