"""Saved wallets: a setup token the payer approves, the payment token we make of it, and charges by it.

Until it is signed, a mandate's reference is `setup:<id of the setup token>`; PayPal itself finds neither by our number.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from common.http import NotSent, Operation, OutcomeUnknown, done
from common.money import Money
from wallets.providers.amounts import check_amount
from wallets.providers.errors import RateLimited
from wallets.providers.messages import (
    Action,
    ChargeRequest,
    ChargeWindow,
    Descriptor,
    MandateRequest,
    MandateResult,
    MandateSnapshot,
    PaymentResult,
)
from wallets.providers.paypal import codes, reading, requests, window
from wallets.providers.paypal.gateway import Answer, Gateway
from wallets.providers.vocabulary import ActionKind, MandateState, PaymentState

SETUPS, TOKENS = "/v3/vault/setup-tokens", "/v3/vault/payment-tokens"
SETUP = "setup:"
UNSIGNED = frozenset({"CREATED", "PAYER_ACTION_REQUIRED"})


class VaultOperations:
    descriptor: Descriptor
    _gateway: Gateway

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        raise NotImplementedError

    def _read(self, data: Mapping[str, Any], merchant_ref: str) -> PaymentResult:
        raise NotImplementedError

    def start_mandate(self, request: MandateRequest) -> Operation[MandateResult]:
        check_amount(request.terms.single_limit, self.descriptor)
        return self._start(request)

    def _start(self, request: MandateRequest) -> Operation[MandateResult]:
        content = requests.setup_token(request)
        answer = yield from self._gateway.post(
            SETUPS, content, request_id=request.merchant_ref, purpose="paypal.setup_tokens.create"
        )
        if not answer.ok:
            return MandateResult(
                state=MandateState.UNKNOWN, merchant_ref=request.merchant_ref, decline=answer.decline()
            )
        setup, url = reading.text(answer.data, "id"), reading.link(answer.data, "approve", "payer-action")
        if not setup or not url:
            raise OutcomeUnknown("PayPal offers no page to approve the agreement.", merchant_ref=request.merchant_ref)
        return MandateResult(
            state=MandateState.PENDING,
            merchant_ref=request.merchant_ref,
            mandate_ref=f"{SETUP}{setup}",
            action=Action(kind=ActionKind.REDIRECT, url=url),
        )

    def get_mandate(self, mandate_ref: str, merchant_ref: str = "") -> Operation[MandateResult]:
        """Saves the wallet when the payer has approved it meanwhile."""
        if not mandate_ref:
            return done(MandateResult(state=MandateState.PENDING, merchant_ref=merchant_ref, found=False))
        if mandate_ref.startswith(SETUP):
            return self._setup(mandate_ref.removeprefix(SETUP), merchant_ref)
        return self._token(mandate_ref, merchant_ref)

    def revoke_mandate(self, mandate_ref: str, reason: str) -> Operation[MandateResult]:
        ended = MandateResult(state=MandateState.REVOKED, mandate_ref=mandate_ref, ended_at=self._gateway.now())
        token = mandate_ref
        if mandate_ref.startswith(SETUP):
            # Only we make a token of an approved setup; where we did and lost the answer, it has to go.
            setup = yield from self._gateway.get(
                f"{SETUPS}/{mandate_ref.removeprefix(SETUP)}", purpose="paypal.setup_tokens.get"
            )
            token = (yield from self._vaulted(setup.data)) if setup.ok else ""
        if not token:
            return ended
        answer = yield from self._gateway.delete(f"{TOKENS}/{token}", purpose="paypal.payment_tokens.delete")
        if answer.ok or answer.missing or answer.issue in (codes.TOKEN_MISSING, codes.TOKEN_EXPIRED):
            return ended
        return MandateResult(state=MandateState.UNKNOWN, mandate_ref=mandate_ref, decline=answer.decline())

    def charge_window(self, mandate: MandateSnapshot, amount: Money, now: datetime) -> ChargeWindow:
        return window.charge_window(mandate, amount, now)

    def charge(self, request: ChargeRequest) -> Operation[PaymentResult]:
        check_amount(request.amount, self.descriptor)
        # PayPal keeps no limit for a saved wallet: what the payer agreed to is kept here or nowhere.
        refusal = window.charge_window(request.mandate, request.amount, self._gateway.now()).decline
        if refusal:
            state = PaymentState.FAILED
            return done(PaymentResult(state=state, merchant_ref=request.merchant_ref, decline=refusal))
        return self._debit(requests.charge(request), request.merchant_ref, request.amount)

    def _debit(self, content: Mapping[str, Any], merchant_ref: str, amount: Money) -> Operation[PaymentResult]:
        answer = yield from self._gateway.post(
            "/v2/checkout/orders", content, request_id=merchant_ref, purpose="paypal.orders.charge"
        )
        if answer.issue in codes.ALREADY_DONE:
            return (yield from self._earlier(answer, merchant_ref))
        if answer.missing:
            # The only thing that can be missing here is the token.
            answer = replace(answer, issue=codes.TOKEN_MISSING)
        if not answer.ok:
            return _refused(answer, merchant_ref)
        result = self._read(answer.data, merchant_ref)
        if result.amount != amount:
            raise OutcomeUnknown("PayPal charged another amount.", merchant_ref=merchant_ref)
        if result.state is not PaymentState.REQUIRES_ACTION:
            return result
        # Nobody is at PayPal's page now; an order that waits for the payer is never captured (see `marker.CHARGE`).
        decline = codes.classify("PAYER_ACTION_REQUIRED")
        return replace(result, state=PaymentState.FAILED, decline=decline)

    def _earlier(self, answer: Answer, merchant_ref: str) -> Operation[PaymentResult]:
        """PayPal says this number was paid before: what became of it decides, not the refusal of the repeat."""
        try:
            earlier = yield from self.get_payment(merchant_ref)
        except (NotSent, RateLimited) as error:
            # Only the question went nowhere: the debit itself is with PayPal.
            raise OutcomeUnknown("PayPal knows this payment, and nobody heard its fate.") from error
        return earlier if earlier.found else _refused(answer, merchant_ref)

    def _setup(self, setup_id: str, merchant_ref: str) -> Operation[MandateResult]:
        waiting = MandateResult(state=MandateState.PENDING, merchant_ref=merchant_ref, mandate_ref=f"{SETUP}{setup_id}")
        answer = yield from self._gateway.get(f"{SETUPS}/{setup_id}", purpose="paypal.setup_tokens.get")
        if not answer.ok:
            return _not_there(answer, waiting)
        status = answer.data.get("status")
        if status in UNSIGNED:
            return waiting
        if status == "APPROVED":
            content = requests.payment_token(setup_id)
            answer = yield from self._gateway.post(
                TOKENS, content, request_id=setup_id, purpose="paypal.payment_tokens.create"
            )
            return self._saved(answer.data, waiting) if answer.ok else replace(waiting, decline=answer.decline())
        token = yield from self._vaulted(answer.data)
        return (yield from self._token(token, merchant_ref)) if token else replace(waiting, state=MandateState.UNKNOWN)

    def _vaulted(self, setup: Mapping[str, Any]) -> Operation[str]:
        """The token made of a setup whose answer we lost, by the number PayPal gave the customer."""
        customer = reading.mapping(setup, "customer")
        path = f"{TOKENS}?customer_id={reading.text(customer, 'id')}"
        answer = yield from self._gateway.get(path, purpose="paypal.payment_tokens.list")
        ours = reading.text(customer, "merchant_customer_id")
        found = [
            reading.text(row, "id")
            for row in reading.rows(answer.data, "payment_tokens")
            if reading.text(reading.mapping(row, "customer"), "merchant_customer_id") == ours
        ]
        return found[0] if answer.ok and len(found) == 1 else ""

    def _token(self, token: str, merchant_ref: str) -> Operation[MandateResult]:
        """By its own id. A wallet saved while paying carries that payment's number, not the agreement's."""
        known = MandateResult(state=MandateState.ACTIVE, mandate_ref=token)
        answer = yield from self._gateway.get(f"{TOKENS}/{token}", purpose="paypal.payment_tokens.get")
        if not answer.ok:
            return _not_there(answer, replace(known, merchant_ref=merchant_ref))
        result = self._saved(answer.data, known)
        if result.mandate_ref != token:
            raise OutcomeUnknown("PayPal answered about another saved wallet.")
        return replace(result, merchant_ref=merchant_ref or result.merchant_ref)

    def _saved(self, data: Mapping[str, Any], known: MandateResult) -> MandateResult:
        token, customer = reading.text(data, "id"), reading.mapping(data, "customer")
        ours = reading.text(customer, "merchant_customer_id")
        if not token or (ours and known.merchant_ref and ours != known.merchant_ref):
            raise OutcomeUnknown("PayPal answered about another saved wallet.")
        return replace(
            known,
            state=MandateState.ACTIVE,
            mandate_ref=token,
            merchant_ref=known.merchant_ref or ours,
            payer_ref=reading.text(reading.mapping(data, "payment_source", "paypal"), "account_id"),
        )


def _not_there(answer: Answer, known: MandateResult) -> MandateResult:
    decline = answer.decline()
    if answer.issue == codes.TOKEN_EXPIRED:
        return replace(known, state=MandateState.EXPIRED, decline=decline)
    state = MandateState.REVOKED if answer.missing else MandateState.UNKNOWN
    return replace(known, state=state, decline=decline, found=not answer.missing)


def _refused(answer: Answer, merchant_ref: str) -> PaymentResult:
    decline = answer.decline()
    return PaymentResult(state=reading.failure_state(decline), merchant_ref=merchant_ref, decline=decline)
