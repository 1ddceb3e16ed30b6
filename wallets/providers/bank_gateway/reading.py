"""The bank's payments, refunds and notices in our words."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from common.http import OutcomeUnknown
from wallets.providers.bank_gateway.channel import Said, Untrusted
from wallets.providers.messages import Event, PaymentResult, RefundResult
from wallets.providers.vocabulary import DeclineCategory, EventKind, PaymentState, RefundState

SAFE = ("notice_id", "reference", "bank_reference", "amount", "currency", "state", "paid_at", "refund_reference")
LONGEST_FACT = 100
T = TypeVar("T")


def read(reader: Callable[[Said], T], said: Said) -> T:
    try:
        return reader(said)
    except Untrusted as error:
        raise OutcomeUnknown("The bank's answer could not be read.") from error


def payment(said: Said) -> PaymentResult:
    return PaymentResult(
        state=said.record.states.get(said.text("state"), PaymentState.UNKNOWN),
        merchant_ref=said.text("reference"),
        provider_ref=said.text("bank_reference"),
        amount=said.money("amount"),
        paid_at=said.moment("paid_at"),
        refunded=said.money("refund_amount") if said.text("refund_amount") else None,
    )


def refund(said: Said) -> RefundResult:
    return RefundResult(
        state=said.record.refund_states.get(said.text("refund_state"), RefundState.UNKNOWN),
        refund_ref=said.text("refund_reference"),
        merchant_ref=said.text("reference"),
        provider_ref=said.text("bank_reference"),
        amount=said.money("refund_amount"),
    )


def failed(said: Said, merchant_ref: str) -> PaymentResult:
    """A refusal; an unknown outcome stays unknown, whatever the code was called."""
    decline = said.decline()
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    state = PaymentState.UNKNOWN if unknown else PaymentState.FAILED
    return PaymentResult(state=state, merchant_ref=merchant_ref, decline=decline)


def answered(said: Said, *, merchant_ref: str, refund_ref: str, refused: RefundState) -> RefundResult:
    """An answer about a refund; `refused` is what a known refusal means here."""
    if said.ok and said.text("refund_reference") != refund_ref:
        raise OutcomeUnknown("The bank answered about another refund.")
    if said.ok:
        return read(refund, said)
    decline = said.decline()
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    state = RefundState.UNKNOWN if unknown else refused
    return RefundResult(state=state, refund_ref=refund_ref, merchant_ref=merchant_ref, decline=decline)


def event(said: Said) -> Event:
    """A verified notice; raises `Untrusted` when it lacks what it must have."""
    number = said.text("notice_id")
    if not number or not said.text("reference"):
        raise Untrusted("notice_id and reference")
    is_refund = bool(said.text("refund_reference"))
    return Event(
        kind=EventKind.REFUND if is_refund else EventKind.PAYMENT,
        dedupe_key=f"notice:{hashlib.sha256(number.encode()).hexdigest()}",
        type="refund" if is_refund else "payment",
        occurred_at=said.moment("paid_at") or said.moment("timestamp"),
        payment=None if is_refund else payment(said),
        refund=refund(said) if is_refund else None,
        confirm_first=True,
        facts={role: said.text(role)[:LONGEST_FACT] for role in SAFE if said.text(role)},
    )
