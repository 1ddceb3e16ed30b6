"""Refunds: found again by our mark before one is made, because Stripe forgets a request's key after a day."""

from dataclasses import replace

from common.http import NotSent, Operation, OutcomeUnknown
from wallets.providers.messages import DeclineInfo, RefundRequest, RefundResult
from wallets.providers.stripe import codes, lookup, reading, requests
from wallets.providers.stripe.client import Client, Fields, Refused
from wallets.providers.vocabulary import DeclineCategory, RefundState


class RefundOperations:
    _client: Client

    def _intent_name(self, merchant_ref: str, provider_ref: str = "") -> Operation[str]:
        raise NotImplementedError

    def refund(self, request: RefundRequest) -> Operation[RefundResult]:
        params = requests.refund(request, "")
        return self._refund(request, params)

    def _refund(self, request: RefundRequest, params: Fields) -> Operation[RefundResult]:
        try:
            intent = yield from self._intent_name(request.merchant_ref, request.provider_ref)
            if not intent:
                return _failed(request, codes.classify(codes.NOT_PAID))
            earlier = yield from self._earlier(intent, request.refund_ref)
        except OutcomeUnknown as error:
            raise NotSent("Stripe gave no answer before the refund was sent. Nothing was refunded.") from error
        except Refused as refused:
            return _declined(request, refused)
        if earlier:
            return _read(earlier, request.refund_ref)
        return (yield from self._send(request, {**params, "payment_intent": intent}))

    def _send(self, request: RefundRequest, params: Fields) -> Operation[RefundResult]:
        key = {"idempotency_key": f"{request.merchant_ref}.refund.{request.refund_ref}"}
        try:
            made = yield from self._client.ask(lambda api: api.refunds.create_async(params, key))
        except Refused as refused:
            return _declined(request, refused)
        result = _read(made, request.refund_ref)
        if result.amount != request.amount:
            raise OutcomeUnknown("Stripe refunded another amount than the one asked for.")
        return result

    def get_refund(self, refund_ref: str, merchant_ref: str, provider_ref: str = "") -> Operation[RefundResult]:
        unknown = RefundResult(state=RefundState.UNKNOWN, refund_ref=refund_ref, merchant_ref=merchant_ref)
        try:
            intent = yield from self._intent_name(merchant_ref, provider_ref)
            found = (yield from self._earlier(intent, refund_ref)) if intent else None
        except Refused:
            # A question that was refused says nothing about the refund.
            return unknown
        return _read(found, refund_ref) if found else unknown

    def _earlier(self, intent: str, refund_ref: str) -> Operation[Fields | None]:
        asked = {"payment_intent": intent, "limit": lookup.PAGE}
        found = yield from self._client.pages(
            lambda api, after: api.refunds.list_async({**asked, **after}), lookup.MOST_PAGES
        )
        return next((made for made in found if reading.mark(made, requests.REFUND) == refund_ref), None)


def _read(made: Fields, refund_ref: str) -> RefundResult:
    with lookup.readable():
        result = reading.refund(made)
    if result.refund_ref != refund_ref:
        raise OutcomeUnknown("Stripe answered about another refund.")
    return result


def _declined(request: RefundRequest, refused: Refused) -> RefundResult:
    decline = codes.refusal(refused)
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    return replace(_failed(request, decline), state=RefundState.UNKNOWN if unknown else RefundState.FAILED)


def _failed(request: RefundRequest, decline: DeclineInfo) -> RefundResult:
    reference = request.merchant_ref
    return RefundResult(
        state=RefundState.FAILED, refund_ref=request.refund_ref, merchant_ref=reference, decline=decline
    )
