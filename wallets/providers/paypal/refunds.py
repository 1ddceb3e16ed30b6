"""Refunds of captures, each under its own reference, which PayPal remembers for 45 days as the request's id."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from common.http import Operation, OutcomeUnknown
from wallets.providers.messages import RefundRequest, RefundResult
from wallets.providers.paypal import reading, requests
from wallets.providers.paypal.gateway import Answer, Gateway
from wallets.providers.paypal.search import Search
from wallets.providers.vocabulary import DeclineCategory, RefundState

ORDERS = "/v2/checkout/orders"
PAID = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})


class RefundOperations:
    _gateway: Gateway
    _search: Search

    def refund(self, request: RefundRequest) -> Operation[RefundResult]:
        order_id = yield from self._order_of(request.merchant_ref, request.provider_ref)
        payments = (yield from self._payments(order_id, request.merchant_ref)) if order_id else {}
        done_before = _named(payments, request.refund_ref)
        if done_before:
            # PayPal forgets the request's id after 45 days, but not the refund.
            return _made(done_before, request)
        capture = _paid_capture(payments)
        if not capture:
            return RefundResult(
                state=RefundState.UNKNOWN, refund_ref=request.refund_ref, merchant_ref=request.merchant_ref
            )
        path, content = f"/v2/payments/captures/{capture}/refund", requests.refund(request)
        answer = yield from self._gateway.post(
            path, content, request_id=request.refund_ref, purpose="paypal.captures.refund"
        )
        return _made(answer.data, request) if answer.ok else _declined(answer, request)

    def get_refund(self, refund_ref: str, merchant_ref: str, provider_ref: str = "") -> Operation[RefundResult]:
        """Among the refunds of the payment's order."""
        unknown = RefundResult(state=RefundState.UNKNOWN, refund_ref=refund_ref, merchant_ref=merchant_ref)
        order_id = yield from self._order_of(merchant_ref, provider_ref)
        found = _named((yield from self._payments(order_id, merchant_ref)), refund_ref) if order_id else {}
        return _read(found, refund_ref=refund_ref, merchant_ref=merchant_ref) if found else unknown

    def _order_of(self, merchant_ref: str, order_id: str) -> Operation[str]:
        """The order's id, searched for in PayPal's books where we do not have it; `""` when it is not listed."""
        return order_id or (yield from self._search.payment(merchant_ref)).provider_ref

    def _payments(self, order_id: str, merchant_ref: str) -> Operation[Mapping[str, Any]]:
        answer = yield from self._gateway.get(f"{ORDERS}/{order_id}", purpose="paypal.orders.get")
        if not answer.ok:
            raise OutcomeUnknown("PayPal does not show the order of this payment.", provider_code=answer.issue)
        try:
            one = reading.unit(answer.data)
        except ValueError as error:
            raise OutcomeUnknown("PayPal's answer about an order could not be read.") from error
        if reading.text(one, "invoice_id") != merchant_ref:
            raise OutcomeUnknown("PayPal answered about another order.", merchant_ref=merchant_ref)
        return reading.mapping(one, "payments")


def _named(payments: Mapping[str, Any], refund_ref: str) -> Mapping[str, Any]:
    return next((row for row in reading.rows(payments, "refunds") if row.get("custom_id") == refund_ref), {})


def _paid_capture(payments: Mapping[str, Any]) -> str:
    return next(
        (reading.text(row, "id") for row in reading.rows(payments, "captures") if row.get("status") in PAID), ""
    )


def _read(data: Mapping[str, Any], *, refund_ref: str, merchant_ref: str) -> RefundResult:
    try:
        result = reading.refund(data)
    except ValueError as error:
        raise OutcomeUnknown("PayPal's answer about a refund could not be read.") from error
    if result.refund_ref != refund_ref:
        raise OutcomeUnknown("PayPal answered about another refund.", refund_ref=refund_ref)
    return replace(result, merchant_ref=merchant_ref)


def _made(data: Mapping[str, Any], request: RefundRequest) -> RefundResult:
    result = _read(data, refund_ref=request.refund_ref, merchant_ref=request.merchant_ref)
    if result.amount != request.amount:
        raise OutcomeUnknown("PayPal refunded another amount.", refund_ref=request.refund_ref)
    return result


def _declined(answer: Answer, request: RefundRequest) -> RefundResult:
    decline = answer.decline()
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    return RefundResult(
        state=RefundState.UNKNOWN if unknown else RefundState.FAILED,
        refund_ref=request.refund_ref,
        merchant_ref=request.merchant_ref,
        decline=decline,
    )
