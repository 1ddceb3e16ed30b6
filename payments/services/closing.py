"""Ending a payment that was not finished, with the provider first: until it agrees, the money may still come."""

from __future__ import annotations

from dataclasses import replace

from common.clock import now
from payments.models import Attempt
from payments.services.outcomes import Applied, apply_result
from payments.services.waiting import AFTER_EXPIRY
from wallets.gateway import adapter, call
from wallets.providers.base import Capability, PaymentResult, PaymentState


def close_attempt(attempt: Attempt, *, source: str) -> Applied:
    """Close at the provider and apply what it says, which may be that the payment was made. Not inside a transaction.

    Raises `OutcomeUnknown`, `NotSent` or `RateLimited` when the provider gives no answer: nothing changed.
    """
    wallet = adapter(attempt.provider)
    reference = attempt.merchant_reference
    if wallet.descriptor.can(Capability.CLOSE):
        result = call(wallet.close_payment(reference, attempt.provider_reference), attempt.provider)
    else:
        result = call(wallet.get_payment(reference, attempt.provider_reference), attempt.provider)
    return apply_result(attempt.pk, judged(attempt, result), source=source)


def judged(attempt: Attempt, result: PaymentResult) -> PaymentResult:
    """A page whose time is over and which the provider never heard of can no longer be paid: it is closed."""
    over = attempt.expires_at is not None and attempt.expires_at + AFTER_EXPIRY <= now()
    if attempt.payment.source == "link" and over and not result.found:
        return replace(result, state=PaymentState.CLOSED, found=True, decline=None)
    return result
