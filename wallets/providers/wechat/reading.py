"""WeChat Pay's orders, refunds and contracts in our words. Everything malformed raises `ValueError`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from common.money import Money
from wallets.providers.messages import MandateResult, PaymentResult, RefundResult
from wallets.providers.vocabulary import DeclineCategory, MandateState, PaymentState, RefundState
from wallets.providers.wechat import codes
from wallets.providers.wechat.answers import Answer
from wallets.providers.wechat.requests import HOME_CURRENCY
from wallets.providers.wechat.times import read_compact, read_rfc3339, read_spaced

ORDER_STATES = {
    "SUCCESS": PaymentState.SUCCEEDED,
    # Paid, and something of it was given back.
    "REFUND": PaymentState.SUCCEEDED,
    "NOTPAY": PaymentState.REQUIRES_ACTION,
    "USERPAYING": PaymentState.PENDING,
    "ACCEPT": PaymentState.PENDING,
    "CLOSED": PaymentState.CLOSED,
    "REVOKED": PaymentState.CLOSED,
}
REFUND_STATES = {
    "SUCCESS": RefundState.SUCCEEDED,
    "PROCESSING": RefundState.PENDING,
    "CLOSED": RefundState.FAILED,
    # Stuck on the way to the payer: a person has to finish it at WeChat Pay.
    "ABNORMAL": RefundState.UNKNOWN,
}
DEDUCTION = "PAP"
ACTIVE, ENDED, SIGNING = "0", "1", "9"
EXPIRED_BY_ITSELF = "1"


def fen(value: object, currency: object) -> Money:
    """An amount of APIv3 (an integer) or APIv2 (digits)."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("an amount is not in fen")
    if currency is not None and not isinstance(currency, str):
        raise ValueError("a currency is not a text")
    return Money(value, currency or HOME_CURRENCY)


def payment(data: Mapping[str, Any]) -> PaymentResult:
    """A transaction as the look-up and the notice of APIv3 describe it."""
    amounts = _mapping(data.get("amount"))
    total = fen(amounts["total"], amounts.get("currency")) if amounts else None
    return _payment(data, total, read_rfc3339(data.get("success_time")))


def order(data: Mapping[str, str]) -> PaymentResult:
    """An order as APIv2's look-up describes it."""
    total = fen(data["total_fee"], data.get("fee_type")) if data.get("total_fee") else None
    return _payment(data, total, read_compact(data.get("time_end", "")))


def _payment(data: Mapping[str, Any], total: Money | None, paid_at: datetime | None) -> PaymentResult:
    state = ORDER_STATES.get(str(data.get("trade_state")), PaymentState.UNKNOWN)
    decline = None
    if state is PaymentState.SUCCEEDED and total is None:
        raise ValueError("a paid order without an amount")
    if state is PaymentState.CLOSED and data.get("trade_type") == DEDUCTION:
        state, decline = PaymentState.FAILED, codes.classify(codes.DEDUCTION_CLOSED)
    return PaymentResult(
        state=state,
        merchant_ref=str(data.get("out_trade_no") or ""),
        provider_ref=str(data.get("transaction_id") or ""),
        amount=total,
        decline=decline,
        paid_at=paid_at,
    )


def deducted(data: Mapping[str, str]) -> PaymentResult:
    """What the notice of a deduction says. Only one that names transaction, amount and time speaks of money."""
    result = order({**data, "trade_state": "", "trade_type": DEDUCTION})
    paid = data.get("result_code") == "SUCCESS" and result.amount and result.provider_ref and result.paid_at
    if paid:
        return order({**data, "trade_state": "SUCCESS"})
    decline = codes.classify(data["err_code"][:64]) if data.get("err_code") else None
    return refused_payment(decline, result.merchant_ref)


def refused_payment(decline: Any, merchant_ref: str) -> PaymentResult:
    """A refusal; an unknown outcome stays unknown, whatever the code was called."""
    unknown = decline is None or decline.category is DeclineCategory.UNKNOWN_OUTCOME
    state = PaymentState.UNKNOWN if unknown else PaymentState.FAILED
    return PaymentResult(state=state, merchant_ref=merchant_ref, decline=decline)


def refund(data: Mapping[str, Any]) -> RefundResult:
    """A refund as APIv3's call, look-up and notice describe it; the notice says `refund_status`."""
    status = str(data.get("status") or data.get("refund_status"))
    amounts = _mapping(data.get("amount"))
    state = REFUND_STATES.get(status, RefundState.UNKNOWN)
    return RefundResult(
        state=state,
        refund_ref=str(data["out_refund_no"]),
        merchant_ref=str(data["out_trade_no"]),
        provider_ref=str(data.get("refund_id") or ""),
        amount=fen(amounts["refund"], amounts.get("currency")),
        decline=codes.classify(codes.REFUND_ABNORMAL) if status == "ABNORMAL" else None,
        refunded_at=read_rfc3339(data.get("success_time")),
    )


def refused_refund(answer: Answer, asked: RefundResult) -> RefundResult:
    decline = answer.decline()
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    return replace(asked, state=RefundState.UNKNOWN if unknown else RefundState.FAILED, decline=decline)


def mandate(data: Mapping[str, str], now: datetime) -> MandateResult:
    """A contract. The end of its validity decides over its state; nobody tells us when it comes."""
    ended_at = read_spaced(data.get("contract_terminated_time", ""))
    valid_until = read_spaced(data.get("contract_expired_time", ""))
    return MandateResult(
        state=_mandate_state(data, ended_at, valid_until, now),
        merchant_ref=data.get("contract_code", ""),
        mandate_ref=data.get("contract_id", ""),
        payer_ref=data.get("openid", ""),
        signed_at=read_spaced(data.get("contract_signed_time", "")),
        ended_at=ended_at,
        valid_until=valid_until,
    )


def _mandate_state(
    data: Mapping[str, str], ended_at: datetime | None, valid_until: datetime | None, now: datetime
) -> MandateState:
    state, mode = data.get("contract_state"), data.get("contract_termination_mode")
    if state == ENDED and mode == EXPIRED_BY_ITSELF:
        return MandateState.EXPIRED
    if state == ENDED and (mode or ended_at):
        return MandateState.REVOKED
    if state == ACTIVE and valid_until and valid_until <= now:
        return MandateState.EXPIRED
    # Never signed, or in the middle of being signed.
    known = {ACTIVE: MandateState.ACTIVE, ENDED: MandateState.PENDING, SIGNING: MandateState.PENDING}
    return known.get(state or "", MandateState.UNKNOWN)


def _mapping(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError("an amount is no object")
    return value
