"""Stored notices become changes through `apply_result`; `inbox` stored them."""

from __future__ import annotations

import logging
from datetime import timedelta

from accounts.events import record_event
from common.clock import now
from common.errors import PlatformError
from payments.faults import stop_point
from payments.models import Attempt, ProviderEvent
from payments.services import standing_orders
from payments.services.claims import apply_claim
from payments.services.lookups import look_up_verified
from payments.services.refund_notices import apply_mentioned_refund, apply_refund_notice
from payments.services.trying_again import due_events, try_again_later
from wallets import services as mandates
from wallets.models import Mandate
from wallets.providers.base import Claim, EventKind, RefundState

logger = logging.getLogger(__name__)

BATCH = 100
BOOKS_LAG = timedelta(hours=1)


def apply_waiting_events(batch: int = BATCH) -> int:
    """Apply what was stored but not applied yet, oldest first: a lost task costs seconds, not a payment."""
    waiting = due_events().values_list("pk", flat=True)[:batch]
    return sum(_apply_quietly(event_id) for event_id in list(waiting))


def _apply_quietly(event_id: int) -> bool:
    try:
        return apply_provider_event(event_id) != "received"
    except Exception:  # one notice nobody can read must not keep the others waiting
        logger.exception("a notice could not be applied", extra={"event": event_id})
        return try_again_later(ProviderEvent.objects.get(pk=event_id), "cannot be read") != "received"


def apply_provider_event(event_id: int) -> str:
    """Apply one stored notice and return its outcome; repeating or racing it changes nothing.

    A payment is confirmed by asking the provider, never believed from the notice alone. Not inside a transaction.
    """
    event = ProviderEvent.objects.select_related("provider").get(pk=event_id)
    if event.outcome != "received":
        return event.outcome
    stop_point("notice_before_call")
    try:
        outcome, reason = _APPLY.get(event.kind, _ignore)(event)
    except PlatformError as error:
        logger.warning("notice could not be applied yet", extra={"event": event_id, "code": error.code})
        return try_again_later(event, error.code)
    if outcome == "received":
        return try_again_later(event, reason)
    stop_point("notice_after_commit")
    _finish(event, outcome, reason)
    return outcome


def _finish(event: ProviderEvent, outcome: str, reason: str) -> None:
    facts = event.facts
    if event.kind == EventKind.MANDATE.value:
        # On a saved wallet it is the token: once it was applied the agreement keeps it, sealed.
        facts = {**facts, "said": {**facts["said"], "mandate_ref": ""}}
    ProviderEvent.objects.filter(pk=event.pk, outcome="received").update(
        outcome=outcome, reason=reason[:200], applied_at=now(), facts=facts
    )


def _ignore(event: ProviderEvent) -> tuple[str, str]:
    return "ignored", "not about a payment or an agreement"


def _apply_payment(event: ProviderEvent) -> tuple[str, str]:
    said = event.facts["said"]
    attempt = _attempt_of(event)
    if attempt is None:
        return _apply_scheduled(event) or _unknown(event, "no attempt of ours has this reference")
    if "amount_minor" in said and (said["amount_minor"], said["currency"]) != (attempt.amount_minor, attempt.currency):
        record_event(
            "payment.needs_person",
            account=attempt.payment.account,
            source="notice",
            payment=attempt.payment.reference,
            reason="amount_mismatch",
            notice=event.pk,
        )
        return "needs_person", "the amount is not the one we asked for"
    apply_mentioned_refund(event, attempt)
    applied = look_up_verified(attempt, said.get("provider_ref", ""))
    if "claim" in said:
        applied = apply_claim(attempt.pk, Claim(said["claim"]), source="notice")
    return applied.outcome, applied.reason


def _attempt_of(event: ProviderEvent) -> Attempt | None:
    """By our number; where a notice (of a dispute) lacks it, by theirs."""
    attempts = Attempt.objects.filter(provider=event.provider).select_related("payment__account", "provider")
    if event.merchant_reference:
        return attempts.filter(merchant_reference=event.merchant_reference).first()
    theirs = event.facts["said"].get("provider_ref", "")
    return attempts.filter(provider_reference=theirs).order_by("pk").first() if theirs else None


def _unknown(event: ProviderEvent, why: str) -> tuple[str, str]:
    record_event("payment.needs_person", source="notice", reason="no such attempt", notice=event.pk)
    return "needs_person", why


def _apply_scheduled(event: ProviderEvent) -> tuple[str, str] | None:
    """A debit by the wallet's own schedule carries the mandate's number. None when it is not one."""
    rows = Mandate.objects.filter(provider=event.provider, merchant_reference=event.merchant_reference or None)
    mandate, receipt = rows.select_related("provider").first(), event.facts["said"].get("provider_ref", "")
    if mandate is None or not receipt or not standing_orders.runs_by_itself(mandate):
        return None
    said = standing_orders.confirmed(mandate, receipt)
    if said is None:
        return _wait_for_books(event)
    applied = standing_orders.post_scheduled(mandate.pk, said)
    return (applied.outcome, applied.reason) if applied else _unknown(event, "the money is in another currency")


def _wait_for_books(event: ProviderEvent) -> tuple[str, str]:
    """The provider's books may lag behind its word; after a while a person looks."""
    if now() < event.received_at + BOOKS_LAG:
        return "received", "not in the provider's books yet"
    return _unknown(event, "the provider does not confirm this payment")


def _apply_refund(event: ProviderEvent) -> tuple[str, str]:
    attempt = _attempt_of(event)
    if attempt is None and event.facts["said"].get("state") == RefundState.FAILED.value:
        return "ignored", "no money went back"
    if attempt is None:
        return _unknown(event, "a refund of a payment that is not ours")
    return apply_refund_notice(event, attempt)


def _apply_mandate(event: ProviderEvent) -> tuple[str, str]:
    said = event.facts["said"]
    changed, reason = mandates.apply_mandate_notice(
        event.provider,
        merchant_reference=event.merchant_reference,
        mandate_ref=said["mandate_ref"],
        state=said["state"],
        confirm=said.get("confirm", False),
    )
    return ("applied" if changed else "ignored"), reason


_APPLY = {
    EventKind.PAYMENT.value: _apply_payment,
    EventKind.MANDATE.value: _apply_mandate,
    EventKind.REFUND.value: _apply_refund,
}
