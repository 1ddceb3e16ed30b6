"""The one door through which a provider's answer about a refund changes anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.events import record_event
from accounts.models import User
from common.clock import now
from payments.models import LedgerAccount, Refund
from payments.models.refunds import ASKED_REFUND_STATES, REFUND_STATES
from payments.services.locking import lock_chain, lock_payment
from payments.services.moving_back import post_transfer
from payments.services.owed_refunds import owe_refund, put_back
from payments.services.shares import place_of
from payments.services.unsent_refunds import room
from payments.services.waiting import LADDER
from payments.signals import refund_moved, tell_after_commit
from wallets.gateway import adapter
from wallets.providers.base import ConfigError, RefundResult

# A provider's own page can take this long before anybody can say what became of a refund.
SHORTEST_PATIENCE = timedelta(days=1)


@transaction.atomic
def apply_refund_result(refund_id: int, said: RefundResult, *, source: str) -> Refund:
    """Apply what a provider said of one refund; safe to repeat and to reorder. A success posts exactly one entry."""
    refund = lock_refund(refund_id)
    wanted = said.state.value
    if said.refund_ref not in ("", refund.merchant_reference):
        return leave_refund(refund, "amount_mismatch", source)
    if wanted == refund.state:
        return _same_again(refund)
    if not REFUND_STATES.allows(refund.state, wanted):
        return refund
    if wanted == "succeeded" and said.amount != refund.amount:
        return leave_refund(refund, "amount_mismatch", source)
    if wanted == "succeeded" and refund.state == "failed" and room(refund.source) < refund.amount_minor:
        return leave_refund(refund, "refunded_twice", source)
    refund.provider_reference = said.provider_ref or refund.provider_reference
    refund.decline_code = said.decline.code[:80] if said.decline else refund.decline_code
    refund.problem = said.decline.reason.value if said.decline else ""
    _HANDLERS[wanted](refund, said.refunded_at or now(), source)
    return refund


def lock_refund(refund_id: int) -> Refund:
    """The refund, with its account, payment and attempt locked before it."""
    attempt_id, payment_id = Refund.objects.values_list("attempt_id", "payment_id").get(pk=refund_id)
    payment, attempt = lock_chain(attempt_id)[1:] if attempt_id else (lock_payment(payment_id), None)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.payment, refund.attempt = payment, attempt
    return refund


def leave_refund(refund: Refund, problem: str, source: str) -> Refund:
    """Nothing moves; it is marked once, until a person decides."""
    if refund.needs_person and refund.problem == problem:
        return refund
    refund.needs_person, refund.problem, refund.look_up_at = True, problem, None
    refund.save(update_fields=["needs_person", "problem", "look_up_at"])
    tell("refund.needs_person", refund, source=source, reason=problem)
    return refund


def tell(kind: str, refund: Refund, *, source: str, actor: User | None = None, **data: Any) -> None:
    record_event(
        kind,
        account=refund.payment.account,
        actor=actor,
        source=source,
        refund=refund.reference,
        payment=refund.payment.reference,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        provider=place_of(refund.source),
        **data,
    )


def _same_again(refund: Refund) -> Refund:
    if refund.state in ASKED_REFUND_STATES and not refund.needs_person:
        _plan_look_up(refund)
        refund.save(update_fields=["look_up_at", "needs_person", "problem"])
    return refund


def post_refund(refund: Refund, *, source: str) -> None:
    """Close it as done: the entry, the debt or the surplus, the messages. The caller holds its locks."""
    late = refund.state == "failed"
    owe_refund(refund)
    if refund.way == Refund.Way.TRANSFER:
        key = f"refund:{refund.pk}:transferred:{refund.entry_id}"
        post_transfer(refund.source, refund.amount_minor, key=key, refund=refund.reference)
    _finish(refund, "succeeded")
    tell("refund.succeeded", refund, source=source, balance_minor=refund.payment.account.balance_minor)
    tell_after_commit(refund_moved, Refund, refund=refund)
    if late:
        leave_refund(refund, "late_success", source)


def _succeed(refund: Refund, at: datetime, source: str) -> None:
    post_refund(refund, source=source)


def _fail(refund: Refund, at: datetime, source: str) -> None:
    """It never left, or the payer's bank sent it back: either way a person decides what to do instead."""
    returned = refund.state == "succeeded"
    if returned:
        ours = refund.way == Refund.Way.TRANSFER
        refund.undone = put_back(refund, LedgerAccount.Kind.TRUST if ours else LedgerAccount.Kind.CLEARING)
    problem = refund.problem or "declined_generic"
    _finish(refund, "failed")
    tell("refund.failed", refund, source=source, reason=problem)
    leave_refund(refund, "refund_returned" if returned else problem, source)
    if returned:
        tell_after_commit(refund_moved, Refund, refund=refund)


def _finish(refund: Refund, state: str) -> None:
    refund.state, refund.finished_at = state, now()
    refund.claimed_until = refund.look_up_at = None
    refund.needs_person = False
    refund.save()


def _wait(refund: Refund, at: datetime, source: str, *, state: str) -> None:
    before, refund.state, refund.claimed_until = refund.state, state, None
    _plan_look_up(refund)
    refund.save()
    if state == "pending" and before != "pending":
        tell_after_commit(refund_moved, Refund, refund=refund)


def _plan_look_up(refund: Refund) -> None:
    """The ladder of payments; after its last rung as often as that, for as long as this provider may take."""
    moment = now()
    if refund.look_ups < len(LADDER):
        refund.look_up_at = moment + LADDER[refund.look_ups]
    elif moment < (refund.sent_at or refund.requested_at) + _patience(refund):
        refund.look_up_at = moment + LADDER[-1]
    else:
        leave_refund(refund, "never_answered", "poll")


def _patience(refund: Refund) -> timedelta:
    try:
        about = adapter(refund.provider).descriptor if refund.provider else None
    except ConfigError:
        return SHORTEST_PATIENCE
    return SHORTEST_PATIENCE if about is None else max(about.pending_after, about.unknown_after, SHORTEST_PATIENCE)


def _pending(refund: Refund, at: datetime, source: str) -> None:
    _wait(refund, at, source, state="pending")


def _unknown(refund: Refund, at: datetime, source: str) -> None:
    _wait(refund, at, source, state="unknown")


_HANDLERS: dict[str, Callable[[Refund, datetime, str], None]] = {
    "succeeded": _succeed,
    "failed": _fail,
    "pending": _pending,
    "unknown": _unknown,
}
