"""Saved payment methods: saved on a Checkout page, looked up, detached, and debited while the payer is away.

A mandate is named by its payment method (`pm_...`), because that is what Stripe's notices about its end name.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from common.http import NotSent, Operation, OutcomeUnknown, done
from common.money import Money
from wallets.providers.amounts import check_amount
from wallets.providers.messages import (
    ChargeRequest,
    ChargeWindow,
    DeclineInfo,
    Descriptor,
    MandateRequest,
    MandateResult,
    MandateSnapshot,
    PaymentResult,
)
from wallets.providers.stripe import codes, lookup, methods, reading, requests, window
from wallets.providers.stripe.client import Client, Fields, Refused
from wallets.providers.vocabulary import MandateState, PaymentState


class MandateOperations:
    descriptor: Descriptor
    _client: Client
    _methods: tuple[str, ...]
    _now: Callable[[], datetime]

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        raise NotImplementedError

    def start_mandate(self, request: MandateRequest) -> Operation[MandateResult]:
        limit = request.terms.single_limit
        check_amount(limit, self.descriptor)
        return self._start(request, methods.for_mandate(self._methods, limit.currency))

    def _start(self, request: MandateRequest, names: list[str]) -> Operation[MandateResult]:
        """May be repeated: the debtor's customer stays the same, the page is new if the old one has ended."""
        try:
            customer = yield from lookup.customer(self._client, request.merchant_ref, self._now())
            if not customer:
                key = {"idempotency_key": f"{request.merchant_ref}.customer"}
                made = yield from self._client.ask(
                    lambda api: api.customers.create_async(requests.customer(request), key)
                )
                customer = reading.name_of(made)
            page = requests.mandate_page(request, names, customer)
            session = yield from self._client.ask(lambda api: api.checkout.sessions.create_async(page))
        except Refused as refused:
            decline = codes.refusal(refused)
            return MandateResult(state=MandateState.UNKNOWN, merchant_ref=request.merchant_ref, decline=decline)
        action = reading.action(session)
        if session.get("client_reference_id") != request.merchant_ref or action is None:
            raise OutcomeUnknown("Stripe made another page than the one asked for.", merchant_ref=request.merchant_ref)
        return MandateResult(state=MandateState.PENDING, merchant_ref=request.merchant_ref, action=action)

    def get_mandate(self, mandate_ref: str, merchant_ref: str = "") -> Operation[MandateResult]:
        try:
            if mandate_ref:
                return (yield from self._standing(mandate_ref, merchant_ref))
            return (yield from self._signed(merchant_ref))
        except Refused as refused:
            decline = codes.refusal(refused)
            unknown = MandateResult(state=MandateState.UNKNOWN, merchant_ref=merchant_ref, mandate_ref=mandate_ref)
            return replace(unknown, decline=decline)

    def _standing(self, mandate_ref: str, merchant_ref: str) -> Operation[MandateResult]:
        method = yield from self._method(mandate_ref)
        if method is None:
            state, payer = MandateState.REVOKED, ""
        else:
            by_mandate = methods.METHODS.get(str(method.get("type")), methods.Method(saved=True)).by_mandate
            agreed = (yield from self._bank_mandate(mandate_ref)) if by_mandate else None
            state, payer = reading.standing(method, agreed, self._now().date()), reading.name_of(method.get("customer"))
        return MandateResult(
            state=state,
            merchant_ref=merchant_ref,
            mandate_ref=mandate_ref,
            payer_ref=payer,
            found=method is not None,
        )

    def _method(self, name: str) -> Operation[Fields | None]:
        return (yield from lookup.one(self._client, lambda api: api.payment_methods.retrieve_async(name)))

    def _bank_mandate(self, method: str) -> Operation[Fields | None]:
        asked = {"payment_method": method, "expand": ["data.mandate"], "limit": 1}
        found = yield from self._client.ask(lambda api: api.setup_intents.list_async(asked))
        intents = found.get("data") or [{}]
        mandate = intents[0].get("mandate")
        return mandate if isinstance(mandate, dict) else None

    def _signed(self, merchant_ref: str) -> Operation[MandateResult]:
        """The newest page on which the debtor saved something; none yet is a mandate that waits."""
        waiting = MandateResult(state=MandateState.PENDING, merchant_ref=merchant_ref, found=False)
        customer = yield from lookup.customer(self._client, merchant_ref, self._now())
        if not customer:
            return waiting
        asked = {"customer": customer, "limit": lookup.PAGE}
        found = yield from self._client.ask(lambda api: api.setup_intents.list_async(asked))
        results = [reading.signed(intent) for intent in found.get("data") or [] if reading.mark(intent) == merchant_ref]
        signed = next((result for result in results if result.state is MandateState.ACTIVE), None)
        if signed is None:
            return results[0] if results else waiting
        standing = yield from self._standing(signed.mandate_ref, merchant_ref)
        return signed if standing.state is MandateState.ACTIVE else standing

    def revoke_mandate(self, mandate_ref: str, reason: str) -> Operation[MandateResult]:
        ended = MandateResult(state=MandateState.REVOKED, mandate_ref=mandate_ref, ended_at=self._now())
        try:
            method = yield from self._client.ask(lambda api: api.payment_methods.detach_async(mandate_ref))
        except Refused as refused:
            # Refused also when it was detached before: how it stands now decides.
            found = yield from self.get_mandate(mandate_ref)
            if found.state is MandateState.REVOKED:
                return ended
            decline = codes.refusal(refused)
            return MandateResult(state=MandateState.UNKNOWN, mandate_ref=mandate_ref, decline=decline)
        if reading.name_of(method.get("customer")):
            raise OutcomeUnknown("Stripe did not detach the payment method.", mandate_ref=mandate_ref)
        return ended

    def charge_window(self, mandate: MandateSnapshot, amount: Money, now: datetime) -> ChargeWindow:
        return window.charge_window(mandate, amount, now)

    def charge(self, request: ChargeRequest) -> Operation[PaymentResult]:
        check_amount(request.amount, self.descriptor)
        refused = window.refusal(request.mandate, request.amount, self._now())
        if refused:
            return done(failed(request.merchant_ref, refused))
        return self._charge(request)

    def _charge(self, request: ChargeRequest) -> Operation[PaymentResult]:
        method = yield from self._good_method(request.mandate.mandate_ref)
        if isinstance(method, DeclineInfo):
            return failed(request.merchant_ref, method)
        return (yield from self._debit(request, method))

    def _good_method(self, name: str) -> Operation[Fields | DeclineInfo]:
        """A saved method that can be debited, or why it cannot: asked first, because it may have ended in silence."""
        try:
            method = yield from self._method(name)
        except OutcomeUnknown as error:
            raise NotSent("Stripe gave no answer before the debit was sent. Nothing was debited.") from error
        except Refused as refused:
            return codes.refusal(refused)
        if method is None or not reading.name_of(method.get("customer")):
            return codes.classify(codes.DETACHED)
        if reading.standing(method, None, self._now().date()) is MandateState.EXPIRED:
            return codes.classify(codes.OVER)
        return method

    def _debit(self, request: ChargeRequest, method: Fields) -> Operation[PaymentResult]:
        params, key = requests.charge(request, method), {"idempotency_key": request.merchant_ref}
        try:
            intent = yield from self._client.ask(lambda api: api.payment_intents.create_async(params, key))
        except Refused as refused:
            return (yield from self._refused(request.merchant_ref, refused))
        with lookup.readable():
            result = reading.believed(reading.payment(intent), request.merchant_ref)
        if result.amount != request.amount:
            raise OutcomeUnknown("Stripe answered about another amount.", merchant_ref=request.merchant_ref)
        if intent.get("status") in ("requires_action", "requires_confirmation"):
            return (yield from self._give_up(request.merchant_ref, result.provider_ref))
        if intent.get("replayed") and result.state is not PaymentState.SUCCEEDED:
            # A stored answer shows the debit as it was then.
            return (yield from self.get_payment(request.merchant_ref, result.provider_ref))
        return result

    def _refused(self, merchant_ref: str, refused: Refused) -> Operation[PaymentResult]:
        decline = codes.refusal(refused)
        intent = refused.error.get("payment_intent")
        if refused.text("type") == codes.IDEMPOTENCY:
            # The key was used before, for other terms: what became of that debit decides.
            earlier = yield from self.get_payment(merchant_ref)
            return earlier if earlier.found else failed(merchant_ref, decline)
        if isinstance(intent, dict) and reading.mark(intent) != merchant_ref:
            raise OutcomeUnknown("Stripe answered about another payment.", merchant_ref=merchant_ref)
        if isinstance(intent, dict) and intent.get("status") == "requires_action":
            return (yield from self._give_up(merchant_ref, reading.name_of(intent)))
        return failed(merchant_ref, decline, reading.name_of(intent))

    def _give_up(self, merchant_ref: str, name: str) -> Operation[PaymentResult]:
        """The bank wants the payer where we cannot ask them: end this, so that it is not finished by surprise later."""
        try:
            ended = yield from self._client.ask(lambda api: api.payment_intents.cancel_async(name))
        except Refused:
            return (yield from self.get_payment(merchant_ref, name))
        if ended.get("status") != "canceled":
            return (yield from self.get_payment(merchant_ref, name))
        return failed(merchant_ref, codes.classify(codes.AUTHENTICATION), name)


def failed(merchant_ref: str, decline: DeclineInfo, provider_ref: str = "") -> PaymentResult:
    blank = PaymentResult(state=PaymentState.FAILED, merchant_ref=merchant_ref, provider_ref=provider_ref)
    return reading.declined(blank, decline)
