"""One-off payments: the payer approves an order, then we capture it, once, from wherever we hear of it first."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from common.http import Operation, OutcomeUnknown
from wallets.providers.amounts import check_amount
from wallets.providers.messages import Action, Descriptor, PaymentRequest, PaymentResult
from wallets.providers.paypal import codes, marker, reading, requests
from wallets.providers.paypal.gateway import Answer, Gateway
from wallets.providers.paypal.marker import Marker
from wallets.providers.paypal.search import Search
from wallets.providers.vocabulary import ActionKind, PaymentState

ORDERS = "/v2/checkout/orders"


class OrderOperations:
    descriptor: Descriptor
    _gateway: Gateway
    _search: Search
    _merchant_id: str
    _takes_money: bool

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        check_amount(request.amount, self.descriptor)
        return self._create(request)

    def _create(self, request: PaymentRequest) -> Operation[PaymentResult]:
        content = requests.order(request)
        answer = yield from self._gateway.post(
            ORDERS, content, request_id=request.merchant_ref, purpose="paypal.orders.create"
        )
        if not answer.ok:
            return _declined(answer, request.merchant_ref)
        result = self._read(answer.data, request.merchant_ref)
        if result.amount != request.amount:
            raise OutcomeUnknown("PayPal's order is of another amount.", merchant_ref=request.merchant_ref)
        if result.state is not PaymentState.REQUIRES_ACTION:
            return result
        url = reading.link(answer.data, "payer-action", "approve")
        if not url or not result.provider_ref:
            raise OutcomeUnknown("PayPal's order has no page to approve it.", merchant_ref=request.merchant_ref)
        return replace(result, action=Action(kind=ActionKind.REDIRECT, url=url, expires_at=request.expires_at))

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """Captures what the payer has approved meanwhile, or closes it where no money may be taken. Without the
        order's id only PayPal's books can be searched, and they lag up to three hours."""
        if provider_ref:
            answer = yield from self._order(provider_ref)
            if answer.ok:
                return (yield from self._settle(answer.data, merchant_ref, provider_ref))
            if not answer.missing:
                # A question that was refused says nothing about the payment.
                unknown = PaymentState.UNKNOWN
                return PaymentResult(state=unknown, merchant_ref=merchant_ref, decline=answer.decline())
        return (yield from self._search.payment(merchant_ref))

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """Writes into the order that nobody may capture it. A payer who was faster has approved it, so it is captured:
        whoever captures must have seen the approval before the mark, and then this look sees it too."""
        found = yield from self.get_payment(merchant_ref, provider_ref)
        if found.state is not PaymentState.REQUIRES_ACTION:
            return found
        return (yield from self._shut(merchant_ref, provider_ref))

    def _shut(self, merchant_ref: str, order_id: str) -> Operation[PaymentResult]:
        yield from self._mark(order_id, marker.CLOSED)
        answer = yield from self._order(order_id)
        if not answer.ok:
            return PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, decline=answer.decline())
        if answer.data.get("status") != "APPROVED":
            return (yield from self._settle(answer.data, merchant_ref, order_id))
        if self._takes_money:
            return (yield from self._capture(merchant_ref, order_id))
        # Nothing is captured any more, and an approval nobody captures lapses.
        return replace(self._read(answer.data, merchant_ref), state=PaymentState.CLOSED)

    def _settle(self, data: Mapping[str, Any], merchant_ref: str, order_id: str) -> Operation[PaymentResult]:
        result = self._read(data, merchant_ref)
        if result.provider_ref != order_id:
            raise OutcomeUnknown("PayPal answered about another order.", merchant_ref=merchant_ref)
        if result.state is not PaymentState.REQUIRES_ACTION:
            return result
        mark, now = Marker(reading.text(reading.unit(data), "custom_id")), self._gateway.now()
        if mark.declined_code:
            decline = codes.classify(mark.declined_code)
            return replace(result, state=reading.failure_state(decline), decline=decline)
        if mark.is_over(now):
            return replace(result, state=PaymentState.CLOSED)
        if data.get("status") != "APPROVED" or not mark.may_capture(now):
            return result
        take = self._capture if self._takes_money else self._shut
        return (yield from take(merchant_ref, order_id))

    def _capture(self, merchant_ref: str, order_id: str) -> Operation[PaymentResult]:
        path, key = f"{ORDERS}/{order_id}/capture", requests.capture_id(merchant_ref)
        answer = yield from self._gateway.post(path, {}, request_id=key, purpose="paypal.orders.capture")
        if answer.ok:
            return self._read(answer.data, merchant_ref)
        decline = answer.decline()
        if reading.failure_state(decline) is PaymentState.FAILED:
            # From here nobody captures it, so a payer who returns to PayPal's page cannot pay behind our back.
            yield from self._mark(order_id, marker.declined(decline.code))
            return PaymentResult(
                state=PaymentState.FAILED, merchant_ref=merchant_ref, provider_ref=order_id, decline=decline
            )
        again = yield from self._order(order_id)
        if not again.ok:
            return _declined(answer, merchant_ref)
        # Captured by somebody else meanwhile, or still being captured: the order tells, and is not touched again.
        seen = self._read(again.data, merchant_ref)
        waiting = seen.state is PaymentState.REQUIRES_ACTION
        return replace(seen, state=PaymentState.PENDING, decline=decline) if waiting else seen

    def _order(self, order_id: str) -> Operation[Answer]:
        return self._gateway.get(f"{ORDERS}/{order_id}", purpose="paypal.orders.get")

    def _mark(self, order_id: str, mark: str) -> Operation[None]:
        answer = yield from self._gateway.patch(
            f"{ORDERS}/{order_id}", requests.remark(mark), purpose="paypal.orders.patch"
        )
        if not answer.ok and answer.issue not in codes.ALREADY_DONE:
            raise OutcomeUnknown("PayPal did not let us close the order.", provider_code=answer.issue)

    def _read(self, data: Mapping[str, Any], merchant_ref: str) -> PaymentResult:
        try:
            result = reading.order(data)
            payee = reading.text(reading.mapping(reading.unit(data), "payee"), "merchant_id")
        except ValueError as error:
            raise OutcomeUnknown("PayPal's answer about an order could not be read.") from error
        if result.merchant_ref != merchant_ref or payee not in ("", self._merchant_id):
            raise OutcomeUnknown("PayPal answered about another order.", merchant_ref=merchant_ref)
        return result


def _declined(answer: Answer, merchant_ref: str) -> PaymentResult:
    decline = answer.decline()
    return PaymentResult(state=reading.failure_state(decline), merchant_ref=merchant_ref, decline=decline)
