"""Asking providers what became of attempts: on a ladder of waiting times, and at once when someone is looking."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import F, Q

from accounts.events import record_event
from common.clock import now
from common.errors import PlatformError
from payments.models import Attempt, Payment
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.services.closing import close_attempt, judged
from payments.services.locking import lock_chain
from payments.services.outcomes import LOST_CLAIM, Applied, apply_result, leave_to_person
from payments.services.waiting import AFTER_EXPIRY, BOOKS_CAUGHT_UP, LADDER, NEVER_HEARD_OF, repeats_safely
from wallets.gateway import adapter, call
from wallets.models import Provider
from wallets.providers.base import PaymentResult, PaymentState, WalletProvider

logger = logging.getLogger(__name__)

BATCH = 100
# A page of a wallet that may take no money and cannot end it is asked about so often while it lasts.
CLOSE_AGAIN_AFTER = timedelta(minutes=2)
# While one worker asks, no other does; a worker that dies leaves the attempt due again after this.
ASKING = timedelta(minutes=1)
REFRESH_AT_MOST_EVERY = timedelta(seconds=3)
# Why an attempt is sent again although its first call went out: see decision 16.
UNHEARD_OF = "unheard_of"


def look_up_due_attempts(batch: int = BATCH) -> int:
    """Look up what is due: open attempts on the ladder, and claims whose worker never came back."""
    due = _claim_due(batch)
    for attempt_id in due:
        _look_up_quietly(attempt_id)
    return len(due)


def _look_up_quietly(attempt_id: int) -> None:
    try:
        look_up(attempt_id)
    except Exception:  # one attempt nobody can read must not keep the others waiting
        logger.exception("an attempt could not be looked up", extra={"attempt": attempt_id})
        _put_aside(attempt_id)


def _put_aside(attempt_id: int) -> None:
    """What our own books refuse waits like what the provider does not answer, and after the last rung a person has
    it too. It goes on being asked about: once the books take it, it heals by itself.
    """
    try:
        attempt = Attempt.objects.get(pk=attempt_id)
        if attempt.look_ups > len(LADDER):
            leave_to_person(attempt_id, "books_refuse", "poll")
        _wait_for_next_rung(attempt)
    except DatabaseError:
        logger.exception("an attempt could not be put aside", extra={"attempt": attempt_id})


@transaction.atomic(durable=True)
def _claim_due(batch: int) -> list[int]:
    moment = now()
    lost = Q(state="sending", claimed_until__lt=moment, look_up_at=None)
    waiting = Q(state__in=OPEN_ATTEMPT_STATES, look_up_at__lte=moment)
    found = Attempt.objects.filter(lost | waiting).order_by("pk").select_for_update(skip_locked=True)
    due = list(found.values_list("pk", flat=True)[:batch])
    Attempt.objects.filter(pk__in=due).update(
        look_up_at=moment + ASKING, looked_up_at=moment, look_ups=F("look_ups") + 1
    )
    return due


def look_up(attempt_id: int, *, source: str = "poll") -> Applied | None:
    """Ask and apply; None when the provider gave no answer (the attempt stays due)."""
    attempt = Attempt.objects.select_related("payment", "provider").get(pk=attempt_id)
    if attempt.state not in OPEN_ATTEMPT_STATES:
        return None
    try:
        if _page_is_over(attempt) or _may_not_be_paid(attempt):
            return close_attempt(attempt, source=source)
        result = judged(attempt, _ask(attempt, attempt.provider_reference))
        return _apply(attempt, result, adapter(attempt.provider), source)
    except PlatformError as error:
        logger.warning("look-up without an answer", extra={"attempt": attempt_id, "code": error.code})
        _wait_for_next_rung(attempt)
        return None


def look_up_verified(attempt: Attempt, provider_reference: str = "") -> Applied:
    """Ask about an attempt a notice spoke of, in whatever state it is. Raises when the provider gives no answer.

    `provider_reference` is the notice's: of an attempt whose answer was lost we have none of our own. Where both are
    there and the wallet vouches for each, money moved twice under one number, and that is a person's to put right.
    """
    own = attempt.provider_reference
    said = _ask(attempt, own or provider_reference)
    applied = apply_result(attempt.pk, said, source="notice")
    if own and provider_reference not in ("", own, said.provider_ref):
        other = _ask(attempt, provider_reference)
        if other.state is PaymentState.SUCCEEDED and other.provider_ref not in (own, said.provider_ref):
            return leave_to_person(attempt.pk, "second_debit", "notice")
    return applied


def _ask(attempt: Attempt, reference: str) -> PaymentResult:
    return call(adapter(attempt.provider).get_payment(attempt.merchant_reference, reference), attempt.provider)


def _apply(attempt: Attempt, result: PaymentResult, wallet: WalletProvider, source: str) -> Applied:
    reason = "" if result.found else _sent_again_because(attempt)
    if reason and repeats_safely(attempt, wallet.descriptor):
        return send_again(attempt.pk, reason=reason, seen=attempt.state)
    return apply_result(attempt.pk, result, source=source)


def _sent_again_because(attempt: Attempt) -> str:
    """Why a debit the provider does not know goes out once more, under its own number; empty: it is waited for.

    Of a claim whose worker is gone nobody knows that it left at all. What did leave is given the time to appear.
    """
    if attempt.payment.source != "debit" or attempt.needs_person:
        return ""
    if attempt.state == "sending":
        return LOST_CLAIM
    appears_no_more = attempt.look_ups >= BOOKS_CAUGHT_UP and now() < attempt.created_at + NEVER_HEARD_OF
    return UNHEARD_OF if attempt.state == "unknown" and appears_no_more else ""


def _page_is_over(attempt: Attempt) -> bool:
    return bool(attempt.payment.source == "link" and attempt.expires_at and attempt.expires_at + AFTER_EXPIRY <= now())


def _may_not_be_paid(attempt: Attempt) -> bool:
    """The register says since that this wallet takes no money: what a payer has open there is ended."""
    return attempt.payment.source == "link" and bool(attempt.provider.standing)


@transaction.atomic
def send_again(attempt_id: int, *, reason: str, after: timedelta | None = None, seen: str = "sending") -> Applied:
    """Put an attempt back in the queue, under its own number: it provably was not sent, or the provider never heard of
    it (`reason` LOST_CLAIM or UNHEARD_OF). Only while it is as it was `seen`.

    The ladder of one that did leave goes on where it stood: each time it is waited for longer.
    """
    account, payment, attempt = lock_chain(attempt_id)
    if attempt.state != seen or attempt.needs_person:
        return Applied("ignored", attempt, f"created after {attempt.state}")
    attempt.state, attempt.reason, attempt.look_up_at = "created", reason, None
    attempt.look_ups = attempt.look_ups if reason == UNHEARD_OF else 0
    attempt.claimed_until = now() + after if after else None
    attempt.save(update_fields=["state", "reason", "claimed_until", "look_up_at", "look_ups"])
    if reason in (LOST_CLAIM, UNHEARD_OF):
        record_event("payment.sent_again", account=account, payment=payment.reference, reason=reason)
    return Applied("applied", attempt, reason)


def _wait_for_next_rung(attempt: Attempt) -> None:
    """No answer is no news, and an outage must not use the ladder up: the last rung repeats."""
    rung = LADDER[min(attempt.look_ups, len(LADDER)) - 1] if attempt.look_ups else LADDER[0]
    Attempt.objects.filter(pk=attempt.pk, state=attempt.state).update(look_up_at=now() + rung)


def close_expired_attempts(batch: int = BATCH) -> int:
    """Payment pages whose time is over are closed with the provider, so that the account is free again; those of a
    wallet that may take no money (any more) at once.

    Of a page that is over each is asked about once here; one that cannot be closed (a bank debit under way) goes on
    with the ladder.
    """
    moment = now()
    ended = moment - AFTER_EXPIRY
    never = Q(looked_up_at=None)
    over = Q(expires_at__lte=ended) & (never | Q(looked_up_at__lt=F("expires_at") + AFTER_EXPIRY))
    unfit = Q(expires_at__gt=ended) & ~Q(provider__in=Provider.objects.taking_money())
    asked_long_ago = never | Q(looked_up_at__lte=moment - CLOSE_AGAIN_AFTER)
    waiting = Attempt.objects.filter(
        over | (unfit & asked_long_ago),
        payment__source="link",
        state__in=("requires_action", "pending", "unknown"),
        needs_person=False,
    )
    due = list(waiting.order_by("expires_at").values_list("pk", flat=True)[:batch])
    Attempt.objects.filter(pk__in=due).update(looked_up_at=moment)
    for attempt_id in due:
        _look_up_quietly(attempt_id)
    return len(due)


def refresh_payment(payment: Payment) -> Payment:
    """For the page a payer returns to: ask the provider now, at most every few seconds. Never raises."""
    attempt = payment.attempts.filter(state__in=OPEN_ATTEMPT_STATES).order_by("-pk").first()
    if attempt and attempt.state in ("requires_action", "pending", "unknown") and _take_turn(attempt):
        look_up(attempt.pk, source="page")
    payment.refresh_from_db()
    return payment


def _take_turn(attempt: Attempt) -> bool:
    """Compare-and-set, so that a payer who reloads the page does not flood the provider."""
    moment = now()
    free = Q(looked_up_at=None) | Q(looked_up_at__lte=moment - REFRESH_AT_MOST_EVERY)
    return bool(Attempt.objects.filter(free, pk=attempt.pk).update(looked_up_at=moment))
