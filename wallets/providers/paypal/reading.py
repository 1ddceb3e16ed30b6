"""PayPal's orders, captures and refunds in our words. Reading raises `ValueError` on what is malformed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from wallets.providers.messages import DeclineInfo, MandateResult, PaymentResult, RefundResult
from wallets.providers.paypal import amounts, codes
from wallets.providers.vocabulary import DeclineCategory, MandateState, PaymentState, RefundState

ORDER_STATES = {
    "CREATED": PaymentState.REQUIRES_ACTION,
    "SAVED": PaymentState.REQUIRES_ACTION,
    "PAYER_ACTION_REQUIRED": PaymentState.REQUIRES_ACTION,
    "APPROVED": PaymentState.REQUIRES_ACTION,
    "VOIDED": PaymentState.CLOSED,
    # Without a capture to look at, a completed order is not money.
    "COMPLETED": PaymentState.PENDING,
}
CAPTURE_STATES = {
    "COMPLETED": PaymentState.SUCCEEDED,
    "PARTIALLY_REFUNDED": PaymentState.SUCCEEDED,
    "REFUNDED": PaymentState.SUCCEEDED,
    "PENDING": PaymentState.PENDING,
    "DECLINED": PaymentState.FAILED,
    "FAILED": PaymentState.FAILED,
    "REVERSED": PaymentState.REVERSED,
}
# A refunded capture was given back by us, or taken back over our heads.
TAKEN_BACK = frozenset({"CHARGEBACK", "BUYER_COMPLAINT"})
REFUND_STATES = {
    "COMPLETED": RefundState.SUCCEEDED,
    "PENDING": RefundState.PENDING,
    "FAILED": RefundState.FAILED,
    "CANCELLED": RefundState.FAILED,
}
VAULT_STATES = {"VAULTED": MandateState.ACTIVE, "APPROVED": MandateState.PENDING, "CREATED": MandateState.PENDING}
_BEST_FIRST = (PaymentState.REVERSED, PaymentState.SUCCEEDED, PaymentState.PENDING, PaymentState.UNKNOWN)


def text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) and len(value) <= 255 else ""


def mapping(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        value = data.get(name)
        data = value if isinstance(value, dict) else {}
    return data


def rows(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = data.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def time(data: Mapping[str, Any], name: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text(data, name))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def link(data: Mapping[str, Any], *relations: str) -> str:
    found = (
        text(row, "href") or str(row.get("href", ""))[:2048]
        for row in rows(data, "links")
        if row.get("rel") in relations
    )
    return next(found, "")


def unit(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """An order's one purchase unit."""
    units = rows(data, "purchase_units")
    if len(units) != 1:
        raise ValueError("an order of ours has one purchase unit")
    return units[0]


def order(data: Mapping[str, Any]) -> PaymentResult:
    one = unit(data)
    payments = mapping(one, "payments")
    merchant_ref, order_id = text(one, "invoice_id"), text(data, "id")
    amount = amounts.read(one.get("amount"))
    found = [capture(row, merchant_ref) for row in rows(payments, "captures")]
    if any(one.merchant_ref != merchant_ref for one in found):
        raise ValueError("a capture belongs to another payment")
    if not found:
        state = ORDER_STATES.get(text(data, "status"), PaymentState.UNKNOWN)
        return PaymentResult(state=state, merchant_ref=merchant_ref, provider_ref=order_id, amount=amount)
    best = min(found, key=lambda one: _BEST_FIRST.index(one.state) if one.state in _BEST_FIRST else len(_BEST_FIRST))
    back = [row for row in rows(payments, "refunds") if text(row, "status") == "COMPLETED"]
    return replace(best, provider_ref=order_id, refunded=amounts.total(back, amount.currency), saved=saved(data))


def capture(data: Mapping[str, Any], merchant_ref: str = "") -> PaymentResult:
    """A capture; what PayPal has not yet credited (`PENDING`: an eCheck, a review) is not paid."""
    state = CAPTURE_STATES.get(text(data, "status"), PaymentState.UNKNOWN)
    if state is PaymentState.SUCCEEDED and text(mapping(data, "status_details"), "reason") in TAKEN_BACK:
        state = PaymentState.REVERSED
    return PaymentResult(
        state=state,
        merchant_ref=text(data, "invoice_id") or merchant_ref,
        provider_ref=text(mapping(data, "supplementary_data", "related_ids"), "order_id"),
        amount=amounts.read(data.get("amount")),
        decline=_declined(data) if state is PaymentState.FAILED else None,
        paid_at=time(data, "create_time") if state is PaymentState.SUCCEEDED else None,
    )


def _declined(data: Mapping[str, Any]) -> DeclineInfo:
    advice = text(mapping(data, "processor_response"), "payment_advice_code")
    known = codes.classify(codes.ADVICE + advice)
    usual = codes.classify(f"CAPTURE_{text(data, 'status')}")
    return usual if known.category is DeclineCategory.UNKNOWN_OUTCOME else known


def refund(data: Mapping[str, Any]) -> RefundResult:
    state = REFUND_STATES.get(text(data, "status"), RefundState.UNKNOWN)
    return RefundResult(
        state=state,
        refund_ref=text(data, "custom_id"),
        merchant_ref=text(data, "invoice_id"),
        provider_ref=text(data, "id"),
        amount=amounts.read(data.get("amount")),
        refunded_at=time(data, "create_time") if state is RefundState.SUCCEEDED else None,
    )


def saved(data: Mapping[str, Any]) -> MandateResult | None:
    """The wallet PayPal saved while it was paid with, where that was asked for."""
    vault = mapping(data, "payment_source", "paypal", "attributes", "vault")
    if not vault:
        return None
    state = VAULT_STATES.get(text(vault, "status"), MandateState.UNKNOWN)
    customer = text(mapping(vault, "customer"), "merchant_customer_id")
    return MandateResult(state=state, merchant_ref=customer, mandate_ref=text(vault, "id"))


def failure_state(decline: DeclineInfo) -> PaymentState:
    """A refusal; an unknown outcome stays unknown, whatever the code was called."""
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    return PaymentState.UNKNOWN if unknown else PaymentState.FAILED
