"""Stripe's side of the conformance suite."""

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace

import httpx

from common.http import run
from tests.wallets.conformance import SandboxHarness
from tests.wallets.receiver import Receiver
from wallets.providers.base import DeclineCategory, HttpIn, MandateSnapshot, PaymentResult
from wallets.sandbox.testing import RunningSandbox


class StripeHarness(SandboxHarness):
    key = "stripe"
    currency = "USD"
    reference_field = "attempt_id"
    gateway_options = ("api_url",)
    foreign_options = {"account": "acct_1SomebodyElse"}
    declines = {
        "insufficient_funds": DeclineCategory.RETRY_LATER,
        "processing_error": DeclineCategory.RETRY_LATER,
        "card_velocity_exceeded": DeclineCategory.RETRY_LATER,
        "generic_decline": DeclineCategory.RETRY_NEW_METHOD,
        "do_not_honor": DeclineCategory.RETRY_NEW_METHOD,
        "expired_card": DeclineCategory.RETRY_NEW_METHOD,
        "incorrect_cvc": DeclineCategory.RETRY_NEW_METHOD,
        "generic_decline/do_not_try_again": DeclineCategory.NEVER_RETRY,
        "generic_decline/try_again_later": DeclineCategory.RETRY_LATER,
        "insufficient_funds/confirm_card_data": DeclineCategory.RETRY_NEW_METHOD,
        "authentication_required": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "approve_with_id": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "stolen_card": DeclineCategory.NEVER_RETRY,
        "fraudulent": DeclineCategory.NEVER_RETRY,
        "revocation_of_authorization": DeclineCategory.NEVER_RETRY,
        "stop_payment_order": DeclineCategory.NEVER_RETRY,
        "permission_denied": DeclineCategory.OPERATOR,
        "invalid_api_key": DeclineCategory.OPERATOR,
        "something_new": DeclineCategory.UNKNOWN_OUTCOME,
    }
    lacks = {
        "one_charge_per_period": "Stripe debits as often as it is asked; the platform keeps the period",
        "fault:stale_timestamp": "answers carry no time",
    }

    def __init__(self, sandbox: RunningSandbox, receiver: Receiver) -> None:
        super().__init__(sandbox, receiver)
        self.control.user("endpoint", url=receiver.url)

    def user_pays(self, payment: PaymentResult, choice: str = "visa") -> None:
        with suppress(httpx.HTTPStatusError):
            self.control.press(f"{self.control.open(payment.action.url)}/pay", choice=choice)

    def paid_by(self, choice: str, **changes: object) -> PaymentResult:
        payment = self.created(**changes)
        self.user_pays(payment, choice)
        return self.looked_up(payment)

    def saved(self, *, asks: bool = False) -> str:
        paid = self.paid_by("visa", save_method=True)
        if asks:
            # The bank changed its mind about the card since: it asks from now on.
            self.control.user("start_asking", id=paid.saved.mandate_ref)
        return paid.saved.mandate_ref

    def confirms(self, payment: PaymentResult, step: str = "approve") -> None:
        with suppress(httpx.HTTPStatusError):
            self.control.press(f"{self.control.open(payment.action.url)}/{step}")

    def user_declines(self, payment: PaymentResult) -> None:
        self.control.press(f"{self.control.open(payment.action.url)}/decline")

    def user_signs(self, url: str, choice: str = "visa") -> None:
        self.control.press(f"{self.control.open(url)}/sign", choice=choice)

    def sepa_mandate(self) -> MandateSnapshot:
        self.currency = "EUR"
        request = self.mandate_request()
        started = run(self.provider.start_mandate(request))
        self.user_signs(started.action.url, "sepa_debit")
        signed = run(self.provider.get_mandate("", request.merchant_ref))
        return replace(self.mandate(), mandate_ref=signed.mandate_ref, merchant_ref=request.merchant_ref)

    def user_unsigns(self, mandate_ref: str) -> None:
        self.control.user("remove", id=mandate_ref)

    def expire(self, mandate_ref: str) -> None:
        self.control.user("run_out", id=mandate_ref)

    def moves_beside(self, minor: int) -> None:
        self.control.user("move", kind="adjustment", amount=minor, currency=self.currency.lower())

    def withdraws(self, minor: int) -> None:
        self.control.user("move", kind="payout", amount=-minor, currency=self.currency.lower())

    def settle_refund(self, refund_ref: str, *, succeeds: bool) -> None:
        found = self.control.get("stripe/refunds")["refunds"]
        (refund,) = [one for one in found if one["metadata"]["refund_ref"] == refund_ref]
        self.control.user("complete" if succeeds else "bounce", id=refund["id"])

    def reverse(self, merchant_ref: str) -> None:
        self.control.user("dispute", attempt_id=merchant_ref)

    def tampered(self, call: HttpIn) -> list[HttpIn]:
        event = json.loads(call.body)
        bodies = [json.dumps(changed, indent=2, ensure_ascii=False).encode() for changed in _changes(event)]
        signed = call.headers["stripe-signature"]
        first, second, rest = signed.split(",", 2)
        headers = [
            signed.replace("t=", "t=1"),
            signed.replace("v1=", "v1=0"),
            f"{first},{rest}",
            f"{second},{rest}",
            "",
        ]
        forged = [replace(call, headers={**call.headers, "stripe-signature": header}) for header in headers]
        return [*(replace(call, body=body) for body in bodies), *forged]


def _changes(event: dict) -> Iterator[dict]:
    """The event with one thing changed or gone, at the top and in what it is about."""
    for path in [(), ("data", "object")]:
        place = event
        for name in path:
            place = place[name]
        for name in place:
            for change in (
                lambda holder, name: holder.pop(name),
                lambda holder, name: holder.update({name: "changed"}),
            ):
                changed = deepcopy(event)
                holder = changed
                for step in path:
                    holder = holder[step]
                change(holder, name)
                yield changed
