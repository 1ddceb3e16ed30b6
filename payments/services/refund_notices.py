"""What a provider's notice says of a refund: never believed from the notice alone, always asked for by its number."""

from __future__ import annotations

from django.db import transaction

from payments.models import Attempt, ProviderEvent
from payments.services.found_refunds import apply_named
from payments.services.locking import lock_chain
from payments.services.lookups import look_up_verified
from payments.services.outcomes import leave_to_person
from wallets.gateway import adapter, call
from wallets.providers.base import Capability, RefundState

MOVED = (RefundState.SUCCEEDED.value, RefundState.PENDING.value)


def apply_refund_notice(event: ProviderEvent, attempt: Attempt) -> tuple[str, str]:
    """Apply a notice about a refund of this payment; a refund nobody here knows, and no wallet shows, is a person's."""
    problem, known = _ask_and_apply(attempt, event.facts["said"].get("refund_ref", ""))
    applied = look_up_verified(attempt)
    if known and not problem:
        return "applied", ""
    if applied.attempt.state == "reversed" or event.facts["said"].get("state") not in MOVED:
        return ("ignored", "no money went back") if applied.attempt.state != "reversed" else ("applied", "")
    leave_to_person(attempt.pk, problem or "refunded", "notice")
    return "needs_person", problem or "refunded"


def apply_mentioned_refund(event: ProviderEvent, attempt: Attempt) -> None:
    """A notice about a payment may name a refund of it: that one is looked up too."""
    mentioned = event.facts["said"].get("refund_ref", "")
    problem = _ask_and_apply(attempt, mentioned)[0] if mentioned else ""
    if problem:
        leave_to_person(attempt.pk, problem, "notice")


def _ask_and_apply(attempt: Attempt, refund_ref: str) -> tuple[str, bool]:
    """What a person has to know, and whether the wallet vouched for such a refund."""
    wallet = adapter(attempt.provider)
    if not refund_ref or not wallet.descriptor.can(Capability.REFUND):
        return "", False
    said = call(wallet.get_refund(refund_ref, attempt.merchant_reference, attempt.provider_reference), attempt.provider)
    if said.state is RefundState.UNKNOWN:
        return "", False
    with transaction.atomic():
        _account, _payment, locked = lock_chain(attempt.pk)
        if locked.state not in ("succeeded", "reversed"):
            return "", False
        return apply_named(locked, said, source="notice"), True
