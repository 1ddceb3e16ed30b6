"""Refunds made at the provider's own console: found in what it says of the payment, posted, and told to a person.

The caller holds the locks: account, payment, attempt.
"""

from __future__ import annotations

from common.money import Money
from payments.models import Attempt, Refund
from payments.services.refund_results import apply_refund_result, leave_refund, post_refund, tell
from payments.services.unsent_refunds import drop_what_no_longer_fits, given, sent
from wallets.providers.base import PaymentResult, RefundResult, RefundState

ELSEWHERE, UNFIT = "made_elsewhere", "refunded"
MOVED = (RefundState.SUCCEEDED, RefundState.PENDING)


def apply_refunds(attempt: Attempt, result: PaymentResult, *, source: str) -> str:
    """Record what is new; "refunded" when what is said does not fit what was paid, else ""."""
    if result.refunds:
        news = [reason for said in result.refunds if (reason := apply_named(attempt, said, source=source))]
        return news[0] if news else ""
    return _apply_total(attempt, result.refunded, source) if result.refunded else ""


def apply_named(attempt: Attempt, said: RefundResult, *, source: str) -> str:
    """One that the provider names: ours by our reference, any other by the provider's."""
    name = said.refund_ref or f"elsewhere:{said.provider_ref}"[:64]
    known = Refund.objects.filter(provider=attempt.provider, merchant_reference=name).first() or _adopt(attempt, said)
    if known:
        apply_refund_result(known.pk, said, source=source)
        return ""
    if said.state not in MOVED:
        return ""
    return _record(attempt, said.amount, name=name, provider_ref=said.provider_ref, source=source)


def _adopt(attempt: Attempt, said: RefundResult) -> Refund | None:
    """A sum that was found without a name may be this very one."""
    unnamed = attempt.refunds.filter(
        origin=Refund.Origin.PROVIDER, merchant_reference__startswith=f"elsewhere:{attempt.pk}:"
    )
    row = unnamed.filter(amount_minor=said.amount.minor).first() if said.amount and said.refund_ref else None
    if row:
        row.merchant_reference = said.refund_ref
        row.save(update_fields=["merchant_reference"])
    return row


def _apply_total(attempt: Attempt, total: Money, source: str) -> str:
    """Only a sum is told: what of it none of ours can account for was made elsewhere."""
    more = total.minor - sent(attempt)
    name = f"elsewhere:{attempt.pk}:{total.minor}"
    if more <= 0 or Refund.objects.filter(provider=attempt.provider, merchant_reference=name).exists():
        return ""
    return _record(attempt, Money(more, total.currency), name=name, provider_ref="", source=source)


def _record(attempt: Attempt, amount: Money | None, *, name: str, provider_ref: str, source: str) -> str:
    if amount is None or amount.currency != attempt.currency or amount.minor <= 0:
        return UNFIT
    drop_what_no_longer_fits(attempt, ELSEWHERE, coming=amount.minor)
    if attempt.amount_minor - given(attempt) < amount.minor:
        return UNFIT
    refund = Refund.objects.create(
        payment=attempt.payment,
        attempt=attempt,
        provider=attempt.provider,
        merchant_reference=name,
        provider_reference=provider_ref,
        state="sending",
        amount_minor=amount.minor,
        currency=amount.currency,
        purpose=Refund.Purpose.OWED_AGAIN,
        origin=Refund.Origin.PROVIDER,
        reason="made at the wallet itself",
    )
    tell("refund.found", refund, source=source)
    post_refund(refund, source=source)
    leave_refund(refund, ELSEWHERE, source)
    return ""
