"""A one-off payment with a card saved before, confirmed on our page by a payer who is here.

Stripe takes the money at once, or gives the address where the payer's bank asks them. Until they answered there the
payment can be taken back (`close_payment`).
"""

from dataclasses import replace

from common.http import Operation, OutcomeUnknown
from wallets.providers.amounts import check_amount
from wallets.providers.messages import DeclineInfo, PaymentRequest, PaymentResult
from wallets.providers.stripe import lookup, reading, requests
from wallets.providers.stripe.client import Refused
from wallets.providers.stripe.mandates import MandateOperations, failed
from wallets.providers.stripe.payments import PaymentOperations
from wallets.providers.vocabulary import PaymentState


class SavedOperations(PaymentOperations, MandateOperations):
    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        if not request.saved_ref:
            return super().create_payment(request)
        check_amount(request.amount, self.descriptor)
        return self._pay_with_saved(request)

    def _pay_with_saved(self, request: PaymentRequest) -> Operation[PaymentResult]:
        method = yield from self._good_method(request.saved_ref)
        if isinstance(method, DeclineInfo):
            return failed(request.merchant_ref, method)
        params, key = requests.saved_payment(request, method), {"idempotency_key": request.merchant_ref}
        try:
            intent = yield from self._client.ask(lambda api: api.payment_intents.create_async(params, key))
        except Refused as refused:
            return (yield from self._refused(request.merchant_ref, refused))
        with lookup.readable():
            result = reading.believed(reading.payment(intent), request.merchant_ref)
        if result.amount != request.amount:
            raise OutcomeUnknown("Stripe answered about another amount.", merchant_ref=request.merchant_ref)
        if intent.get("replayed") and result.state is not PaymentState.SUCCEEDED:
            # A stored answer shows the payment as it was then.
            return (yield from self.get_payment(request.merchant_ref, result.provider_ref))
        if result.action:
            return replace(result, action=replace(result.action, expires_at=request.expires_at))
        if intent.get("status") in ("requires_action", "requires_confirmation"):
            return (yield from self._give_up(request.merchant_ref, result.provider_ref))
        return result
