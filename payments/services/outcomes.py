"""The one door through which a provider's answer changes anything: pages, notices, look-ups and debits all end here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from common.clock import now
from payments.deposits.recording import is_booked, record_deposits
from payments.models import Attempt
from payments.models.payments import ATTEMPT_STATES
from payments.services.deposits import keep_quote, new_issues
from payments.services.disputing import AGAIN, apply_disputes
from payments.services.ending import end_payment, finish, may_have_left, release_instalment
from payments.services.found_refunds import apply_refunds
from payments.services.locking import lock_chain
from payments.services.reversing import TAKEN_BACK, reverse
from payments.services.succeeding import Success, settle_successes, tell_a_person
from payments.services.unsent_refunds import drop_unsent
from payments.services.waiting import next_look_up
from wallets.providers.base import Action, PaymentResult, PaymentState

logger = logging.getLogger(__name__)

# A page is looked up less eagerly than an unknown outcome: its notice normally comes first.
PATIENCE = {"requires_action": 1, "pending": 1, "unknown": 0}
# A success that a person has to look at: of money never asked for, and of money that was taken back before.
NOT_BELIEVED = {"created": "never_sent", "reversed": "given_back"}
# News of a dispute that changed nothing, because nobody but a person can say what it means.
UNSETTLED = ("amount_mismatch", AGAIN)
# Why an attempt waits to be sent again although, however unlikely, its first call may still arrive: `may_have_left`.
LOST_CLAIM = "lost_claim"


@dataclass(frozen=True)
class Applied:
    """`outcome`: applied, ignored (nothing changed; `reason` says why) or needs_person."""

    outcome: str
    attempt: Attempt
    reason: str = ""


@transaction.atomic
def apply_result(
    attempt_id: int, result: PaymentResult, *, source: str, known: Mapping[str, datetime] | None = None
) -> Applied:
    """Apply what a provider said about an attempt; safe to repeat, to reorder and to run twice at once.

    Locks account, payment and attempt, in this order. States only move forward as `ATTEMPT_STATES` allows. A success
    posts exactly one entry; one whose amount, currency or reference differs from what we asked posts nothing.
    `known`: as `record_deposits`.
    """
    _account, _payment, attempt = lock_chain(attempt_id)
    applied = _apply(attempt, result, source)
    problems = new_issues(attempt, result) if applied.reason != "amount_mismatch" else []
    if record_deposits(attempt, result, known=known, source=source):
        problems.append("deposit_gone")
    return _leave_to_person(attempt, problems[0], source) if problems else applied


def _apply(attempt: Attempt, result: PaymentResult, source: str) -> Applied:
    if attempt.state == "created" and result.found and may_have_left(attempt):
        # The call that was given up for lost arrived after all.
        attempt.state = "sending"
    wanted = _state_of(result, attempt)
    if result.merchant_ref != attempt.merchant_reference:
        return _leave_to_person(attempt, "amount_mismatch", source)
    if _moved_back(attempt, result):
        return _follow_money(attempt, result, source)
    if wanted == attempt.state:
        return _same_again(attempt, result)
    if attempt.state in NOT_BELIEVED or not ATTEMPT_STATES.allows(attempt.state, wanted):
        return _out_of_order(attempt, wanted, source)
    if wanted == "succeeded" and result.amount != attempt.amount:
        return _leave_to_person(attempt, "amount_mismatch", source)
    if wanted == "succeeded" and is_booked(attempt):
        return _leave_to_person(attempt, "deposit_booked", source)
    if result.quote and attempt.state == "sending":
        keep_quote(attempt, result.quote)
    attempt.provider_reference = result.provider_ref or attempt.provider_reference
    attempt.paid_with = result.paid_with.code if result.paid_with else attempt.paid_with
    _HANDLERS[wanted](attempt, result, source)
    if _moved_back(attempt, result):
        return _follow_money(attempt, result, source)
    return Applied("applied", attempt, attempt.reason)


def _moved_back(attempt: Attempt, result: PaymentResult) -> bool:
    """Whether refunds or disputes are told of money that counts, or counted, here."""
    if attempt.state == "reversed":
        return bool(result.disputes) and attempt.disputes.exists()
    return attempt.state == "succeeded" and bool(result.disputes or result.refunds or result.refunded)


def _follow_money(attempt: Attempt, result: PaymentResult, source: str) -> Applied:
    if result.amount != attempt.amount:
        return _leave_to_person(attempt, "amount_mismatch", source)
    if result.state is PaymentState.REVERSED and not result.disputes:
        _take_back(attempt, result, source)
        return Applied("applied", attempt, attempt.reason)
    disputed = apply_disputes(attempt, result.disputes, source=source) if result.disputes else ""
    unfit = apply_refunds(attempt, result, source=source)
    if unfit or disputed in UNSETTLED:
        return _leave_to_person(attempt, unfit or disputed, source)
    if disputed:
        _leave_to_person(attempt, disputed, source)
        return Applied("applied", attempt, disputed)
    return _same_again(attempt, result)


def _state_of(result: PaymentResult, attempt: Attempt) -> str:
    if not result.found and _still_shown(attempt):
        # Nobody has scanned the code or opened the page yet: that is no news, and it must not take it away.
        return attempt.state
    if result.state is PaymentState.REVERSED:
        # What never counted here cannot be taken back; it is asked about until a person decides.
        return "reversed" if attempt.state in ("succeeded", "reversed") else PaymentState.UNKNOWN.value
    if result.state is PaymentState.CREATED or not result.found:
        return PaymentState.UNKNOWN.value
    if result.state is PaymentState.REQUIRES_ACTION and attempt.mandate_id:
        # Nobody is asked to do anything in a debit: the wallet is still working on it.
        return PaymentState.PENDING.value
    return result.state.value


def _still_shown(attempt: Attempt) -> bool:
    return attempt.state == "requires_action" and attempt.expires_at is not None and attempt.expires_at > now()


def _same_again(attempt: Attempt, result: PaymentResult) -> Applied:
    if result.provider_ref and not attempt.provider_reference:
        attempt.provider_reference = result.provider_ref
        attempt.save(update_fields=["provider_reference"])
    if result.paid_with and not attempt.paid_with:
        attempt.paid_with = result.paid_with.code
        attempt.save(update_fields=["paid_with"])
    _ask_again(attempt)
    return Applied("ignored", attempt, "already " + attempt.state)


def _ask_again(attempt: Attempt) -> None:
    if attempt.state in PATIENCE and not attempt.needs_person:
        _plan_look_up(attempt)
        attempt.save(update_fields=["look_up_at", "needs_person", "reason"])


def _out_of_order(attempt: Attempt, wanted: str, source: str) -> Applied:
    if wanted == "succeeded" and attempt.state in NOT_BELIEVED:
        return _leave_to_person(attempt, NOT_BELIEVED[attempt.state], source)
    logger.info("provider result out of order", extra={"attempt": attempt.pk, "state": attempt.state, "wanted": wanted})
    _ask_again(attempt)
    return Applied("ignored", attempt, f"{wanted} after {attempt.state}")


def _leave_to_person(attempt: Attempt, reason: str, source: str) -> Applied:
    """Nothing is posted; the attempt stays where it is, once marked, until a person decides."""
    if not (attempt.needs_person and attempt.reason == reason):
        attempt.needs_person, attempt.reason, attempt.look_up_at = True, reason, None
        attempt.save(update_fields=["needs_person", "reason", "look_up_at"])
        tell_a_person(attempt, reason, source)
    return Applied("needs_person", attempt, reason)


@transaction.atomic
def leave_to_person(attempt_id: int, reason: str, source: str) -> Applied:
    """Mark an attempt for a person whatever state it is in; once, while it is marked."""
    _account, _payment, attempt = lock_chain(attempt_id)
    return _leave_to_person(attempt, reason, source)


def _succeed(attempt: Attempt, result: PaymentResult, source: str) -> None:
    settle_successes([Success(attempt, result, attempt.payment.account)], source=source)


def _fail(attempt: Attempt, result: PaymentResult, source: str) -> None:
    if result.decline:
        attempt.decline_code = result.decline.code[:80]
        attempt.decline_category = result.decline.category.value
        attempt.reason = result.decline.reason.value
    finish(attempt, "failed")
    end_payment(attempt, "failed", source)
    if attempt.payment.instalment_id:
        # Retries plan debits and debits end here: the two meet only when a debit has failed.
        from payments.retries.applying import after_failed_debits

        after_failed_debits([attempt])


def _take_back(attempt: Attempt, result: PaymentResult, source: str) -> None:
    drop_unsent(attempt, TAKEN_BACK)
    finish(attempt, "reversed")
    reverse(attempt, source=source)
    _leave_to_person(attempt, "taken_back", source)


def _close(attempt: Attempt, result: PaymentResult, source: str) -> None:
    standing = attempt.provider.standing
    off = f"provider_{standing}" if standing else ""
    attempt.reason = result.decline.reason.value if result.decline else off
    finish(attempt, "closed")
    end_payment(attempt, "cancelled", source)
    release_instalment(attempt)


def _wait(attempt: Attempt, result: PaymentResult, source: str) -> None:
    """Not final yet: remember what to show and when to ask again."""
    before, attempt.state = attempt.state, _state_of(result, attempt)
    if result.action:
        attempt.action = stored_action(result.action)
        attempt.expires_at = result.action.expires_at or attempt.expires_at
    if result.decline:
        attempt.decline_code, attempt.reason = result.decline.code[:80], result.decline.reason.value
    attempt.claimed_until = None
    if before == "sending":
        attempt.look_ups = max(attempt.look_ups, PATIENCE[attempt.state])
    _plan_look_up(attempt)
    attempt.save()


def _plan_look_up(attempt: Attempt) -> None:
    if not next_look_up(attempt):
        attempt.needs_person, attempt.reason = True, "never_answered"
        tell_a_person(attempt, "never_answered", "poll")


def stored_action(action: Action) -> dict[str, Any]:
    until = action.expires_at.isoformat() if action.expires_at else ""
    amount = {"minor": action.amount.minor, "currency": action.amount.currency} if action.amount else None
    return {
        "kind": action.kind.value,
        "url": action.url,
        "payload": action.payload,
        "expires_at": until,
        "amount": amount,
        "rate": action.rate,
        "network": action.network,
    }


_HANDLERS: dict[str, Callable[[Attempt, PaymentResult, str], None]] = {
    "succeeded": _succeed,
    "failed": _fail,
    "closed": _close,
    "reversed": _take_back,
    "requires_action": _wait,
    "pending": _wait,
    "unknown": _wait,
}
