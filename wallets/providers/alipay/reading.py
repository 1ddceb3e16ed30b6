"""Alipay's trades, refunds and agreements in our words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from common.errors import InvalidInput
from common.http import OutcomeUnknown
from common.money import Money
from wallets.providers.alipay.gateway import ALIPAY_ZONE, Answer, read_time
from wallets.providers.messages import MandateResult, PaymentResult, RefundRequest, RefundResult
from wallets.providers.vocabulary import DeclineCategory, MandateState, PaymentState, RefundState

HOME_CURRENCY = "CNY"
TRADE_STATES = {
    "WAIT_BUYER_PAY": PaymentState.REQUIRES_ACTION,
    "TRADE_SUCCESS": PaymentState.SUCCEEDED,
    "TRADE_FINISHED": PaymentState.SUCCEEDED,
    "TRADE_CLOSED": PaymentState.CLOSED,
}
AGREEMENT_STATES = {
    "TEMP": MandateState.PENDING,
    "NORMAL": MandateState.ACTIVE,
    "STOP": MandateState.PAUSED,
    "UNSIGN": MandateState.REVOKED,
}


def amount(data: Mapping[str, Any], name: str) -> Money | None:
    """The amount in field `name` with the trade's currency; raises `ValueError` when it is not an amount."""
    text = data.get(name)
    if text in (None, ""):
        return None
    try:
        return Money.parse(str(text), str(data.get("trans_currency") or HOME_CURRENCY))
    except InvalidInput as error:
        raise ValueError(f"{name} is not an amount") from error


def payment(data: Mapping[str, Any]) -> PaymentResult:
    """A trade as `alipay.trade.query` and the trade notify describe it; raises `ValueError` when it is malformed.

    A fully refunded trade reads TRADE_CLOSED although it was paid; the time of payment tells it from an unpaid one.
    """
    state = TRADE_STATES.get(str(data.get("trade_status")), PaymentState.UNKNOWN)
    paid_at = read_time(data.get("send_pay_date") or data.get("gmt_payment"))
    refunded = amount(data, "refund_fee")
    if state is PaymentState.CLOSED and paid_at:
        state, refunded = PaymentState.SUCCEEDED, refunded or amount(data, "total_amount")
    return PaymentResult(
        state=state,
        merchant_ref=str(data.get("out_trade_no", "")),
        provider_ref=str(data.get("trade_no", "")),
        amount=amount(data, "total_amount"),
        paid_at=paid_at,
        refunded=refunded,
    )


def queried_payment(answer: Answer, merchant_ref: str) -> PaymentResult:
    try:
        result = payment(answer.data)
    except ValueError as error:
        raise OutcomeUnknown("Alipay's answer about a trade could not be read.") from error
    if result.merchant_ref != merchant_ref:
        raise OutcomeUnknown("Alipay answered about another trade.", merchant_ref=merchant_ref)
    return result


def closed_payment(answer: Answer, merchant_ref: str) -> PaymentResult:
    if answer.text("out_trade_no") not in ("", merchant_ref):
        raise OutcomeUnknown("Alipay answered about another trade.", merchant_ref=merchant_ref)
    return PaymentResult(state=PaymentState.CLOSED, merchant_ref=merchant_ref, provider_ref=answer.text("trade_no"))


def declined_payment(answer: Answer, merchant_ref: str) -> PaymentResult:
    """A refusal; an unknown outcome stays unknown, whatever the code was called."""
    decline = answer.decline()
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    state = PaymentState.UNKNOWN if unknown else PaymentState.FAILED
    return PaymentResult(state=state, merchant_ref=merchant_ref, decline=decline)


def declined_refund(answer: Answer, request: RefundRequest) -> RefundResult:
    decline = answer.decline()
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    state = RefundState.UNKNOWN if unknown else RefundState.FAILED
    return RefundResult(state=state, refund_ref=request.refund_ref, merchant_ref=request.merchant_ref, decline=decline)


def refunded(answer: Answer, request: RefundRequest) -> RefundResult:
    """`refund_fee` of the answer is the sum of all refunds of the trade, so the amount is the one we asked for."""
    return RefundResult(
        state=RefundState.SUCCEEDED,
        refund_ref=request.refund_ref,
        merchant_ref=request.merchant_ref,
        provider_ref=answer.text("trade_no"),
        amount=request.amount,
        refunded_at=read_time(answer.text("gmt_refund_pay")),
    )


def queried_refund(answer: Answer, *, refund_ref: str, merchant_ref: str) -> RefundResult:
    """Only REFUND_SUCCESS says money moved back; a refund Alipay does not know is a good answer without a status."""
    decline = None if answer.ok else answer.decline()
    unknown = RefundResult(state=RefundState.UNKNOWN, refund_ref=refund_ref, merchant_ref=merchant_ref, decline=decline)
    if answer.text("refund_status") != "REFUND_SUCCESS":
        return unknown
    try:
        repaid = amount(answer.data, "refund_amount")
    except ValueError as error:
        raise OutcomeUnknown("Alipay's answer about a refund could not be read.") from error
    return replace(
        unknown,
        state=RefundState.SUCCEEDED,
        provider_ref=answer.text("trade_no"),
        amount=repaid,
        refunded_at=read_time(answer.text("gmt_refund_pay")),
    )


def mandate(data: Mapping[str, Any], now: datetime) -> MandateResult:
    """An agreement. Alipay sends no word when one runs out, so the end of validity decides over the status."""
    state = AGREEMENT_STATES.get(str(data.get("status")), MandateState.UNKNOWN)
    valid_until = read_time(data.get("invalid_time"))
    if valid_until and valid_until <= now and state is not MandateState.REVOKED:
        state = MandateState.EXPIRED
    next_charge = str(data.get("next_deduct_time") or "")[:10]
    return MandateResult(
        state=state,
        merchant_ref=str(data.get("external_agreement_no", "")),
        mandate_ref=str(data.get("agreement_no", "")),
        payer_ref=str(data.get("alipay_user_id") or data.get("principal_id") or ""),
        signed_at=read_time(data.get("sign_time")),
        ended_at=read_time(data.get("unsign_time")),
        valid_until=valid_until,
        next_charge_on=datetime.strptime(next_charge, "%Y-%m-%d").replace(tzinfo=ALIPAY_ZONE).date()
        if next_charge
        else None,
        single_limit=amount(data, "single_quota"),
    )
