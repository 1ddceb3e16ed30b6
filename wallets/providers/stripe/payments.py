"""One-off payments: a Checkout page, looked up and closed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from common.http import Operation, OutcomeUnknown
from wallets.providers.amounts import check_amount
from wallets.providers.messages import Descriptor, PaymentRequest, PaymentResult
from wallets.providers.stripe import codes, lookup, methods, reading, requests
from wallets.providers.stripe.client import Client, Fields, Refused
from wallets.providers.vocabulary import PaymentState

SESSION, INTENT = "cs_", "pi_"
WITH_PAYMENT = {"expand": ["payment_intent.latest_charge"]}


class PaymentOperations:
    descriptor: Descriptor
    _client: Client
    _methods: tuple[str, ...]
    _now: Callable[[], datetime]

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        check_amount(request.amount, self.descriptor)
        names = methods.for_payment(self._methods, request.amount, save=request.save_method)
        return self._create(request, requests.payment_page(request, names, self._now()))

    def _create(self, request: PaymentRequest, page: Fields) -> Operation[PaymentResult]:
        options = {"idempotency_key": request.merchant_ref}
        blank = PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=request.merchant_ref)
        try:
            session = yield from self._client.ask(lambda api: api.checkout.sessions.create_async(page, options))
        except Refused as refused:
            return reading.declined(blank, codes.refusal(refused))
        if session.get("replayed"):
            # A stored answer shows the page as it was then.
            return (yield from self.get_payment(request.merchant_ref, reading.name_of(session)))
        with lookup.readable():
            result = reading.unpaid_page(session, str(session.get("client_reference_id")))
        reading.believed(result, request.merchant_ref)
        if result.amount != request.amount or result.action is None:
            raise OutcomeUnknown("Stripe made another page than the one asked for.", merchant_ref=request.merchant_ref)
        return result

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        missing = PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, found=False)
        try:
            found = yield from self._find(merchant_ref, provider_ref)
            if found is None:
                return missing
            intent, session = found
            result = yield from self._read(intent, session, merchant_ref)
        except Refused as refused:
            # A question that was refused says nothing about the payment.
            decline = codes.refusal(refused)
            return PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, decline=decline)
        return reading.believed(result, merchant_ref)

    def _find(self, merchant_ref: str, provider_ref: str) -> Operation[tuple[Fields | None, Fields | None] | None]:
        """The payment intent and the session, as far as they are known."""
        if provider_ref.startswith(SESSION):
            session = yield from lookup.one(
                self._client, lambda api: api.checkout.sessions.retrieve_async(provider_ref, WITH_PAYMENT)
            )
            return (session.get("payment_intent"), session) if session else None
        if provider_ref.startswith(INTENT):
            expand = {"expand": ["latest_charge"]}
            intent = yield from lookup.one(
                self._client, lambda api: api.payment_intents.retrieve_async(provider_ref, expand)
            )
        else:
            intent = yield from lookup.payment_intent(self._client, merchant_ref, self._now())
        if intent is None and not provider_ref:
            page = yield from lookup.open_session(self._client, merchant_ref, self._now())
            return (None, page) if page else None
        if intent and intent.get("status") in reading.NO_MONEY and _by_page(intent):
            return intent, (yield from lookup.session_of(self._client, reading.name_of(intent)))
        return (intent, None) if intent else None

    def _read(self, intent: Fields | None, session: Fields | None, merchant_ref: str) -> Operation[PaymentResult]:
        with lookup.readable():
            if not intent:
                page = session or {}
                return reading.unpaid_page(page, str(page.get("client_reference_id")))
            result = reading.payment(intent, session)
            charge = intent.get("latest_charge") or {}
            disputed = isinstance(charge, dict) and bool(charge.get("disputed"))
        asked = {"payment_intent": result.provider_ref, "limit": lookup.PAGE}
        if result.refunded:
            refunds = yield from self._client.ask(lambda api: api.refunds.list_async(asked))
            with lookup.readable():
                result = replace(result, refunds=tuple(map(reading.refund, refunds.get("data") or [])))
        if disputed:
            disputes = yield from self._client.ask(lambda api: api.disputes.list_async(asked))
            with lookup.readable():
                result = reading.disputed(result, disputes.get("data") or [])
        return result

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """A page that is open is ended at once; anything else is told as it stands."""
        name = provider_ref if provider_ref.startswith(SESSION) else ""
        if not name:
            session = yield from lookup.open_session(self._client, merchant_ref, self._now())
            name = reading.name_of(session)
        if not name:
            return (yield from self._close_unconfirmed(merchant_ref, provider_ref))
        try:
            ended = yield from self._client.ask(lambda api: api.checkout.sessions.expire_async(name))
        except Refused:
            return (yield from self.get_payment(merchant_ref, name))
        if ended.get("status") != "expired" or ended.get("client_reference_id") != merchant_ref:
            return (yield from self.get_payment(merchant_ref, name))
        return PaymentResult(state=PaymentState.CLOSED, merchant_ref=merchant_ref, provider_ref=name)

    def _close_unconfirmed(self, merchant_ref: str, provider_ref: str) -> Operation[PaymentResult]:
        """A payment with a saved card that waits for the payer's word to their bank is taken back; no other is."""
        found = yield from self.get_payment(merchant_ref, provider_ref)
        if found.state is not PaymentState.REQUIRES_ACTION or not found.provider_ref.startswith(INTENT):
            return found
        name = found.provider_ref
        try:
            intent = yield from lookup.one(self._client, lambda api: api.payment_intents.retrieve_async(name))
            if reading.mark(intent or {}, requests.FLOW) != requests.SAVED:
                return found
            ended = yield from self._client.ask(lambda api: api.payment_intents.cancel_async(name))
        except Refused:
            return (yield from self.get_payment(merchant_ref, name))
        if ended.get("status") != "canceled" or reading.mark(ended) != merchant_ref:
            return (yield from self.get_payment(merchant_ref, name))
        return PaymentResult(state=PaymentState.CLOSED, merchant_ref=merchant_ref, provider_ref=name)

    def _intent_name(self, merchant_ref: str, provider_ref: str = "") -> Operation[str]:
        """The payment intent of a payment, or `""`."""
        if provider_ref.startswith(INTENT):
            return provider_ref
        found = yield from self._find(merchant_ref, provider_ref)
        return reading.name_of(found[0]) if found else ""


def _by_page(intent: Fields) -> bool:
    return reading.mark(intent, requests.FLOW) not in (requests.OFF_SESSION, requests.SAVED)
