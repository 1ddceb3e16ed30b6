"""PayPal's side of the conformance suite."""

import json
from contextlib import suppress
from dataclasses import replace

import httpx

from common.errors import PlatformError
from tests.wallets.conformance import SandboxHarness
from tests.wallets.receiver import Receiver
from wallets.providers.base import DeclineCategory, HttpIn, PaymentResult
from wallets.sandbox.testing import RunningSandbox

SIGNED_HEADERS = ("id", "time", "sig")


class PayPalHarness(SandboxHarness):
    key = "paypal"
    currency = "USD"
    gateway_options = ("api_url",)
    foreign_options = {"webhook_id": "1AB23456CD789012E"}
    declines = {
        "INSTRUMENT_DECLINED": DeclineCategory.RETRY_NEW_METHOD,
        "CARD_EXPIRED": DeclineCategory.RETRY_NEW_METHOD,
        "PAYMENT_DENIED": DeclineCategory.RETRY_NEW_METHOD,
        "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED": DeclineCategory.RETRY_NEW_METHOD,
        "PAYER_ACTION_REQUIRED": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "ORDER_NOT_APPROVED": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "CONSENT_NEEDED": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "AGREEMENT_ALREADY_CANCELLED": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "TOKEN_ID_NOT_FOUND": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "TOKEN_EXPIRED": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "PAYER_ACCOUNT_RESTRICTED": DeclineCategory.NEVER_RETRY,
        "PAYER_ACCOUNT_LOCKED_OR_CLOSED": DeclineCategory.NEVER_RETRY,
        "COMPLIANCE_VIOLATION": DeclineCategory.NEVER_RETRY,
        "TRANSACTION_REFUSED": DeclineCategory.NEVER_RETRY,
        "PAYER_CANNOT_PAY": DeclineCategory.NEVER_RETRY,
        "TRANSACTION_LIMIT_EXCEEDED": DeclineCategory.RETRY_LATER,
        "payment_advice_code_01": DeclineCategory.RETRY_NEW_METHOD,
        "payment_advice_code_02": DeclineCategory.RETRY_LATER,
        "payment_advice_code_03": DeclineCategory.NEVER_RETRY,
        "payment_advice_code_21": DeclineCategory.NEVER_RETRY,
        "PAYEE_ACCOUNT_RESTRICTED": DeclineCategory.OPERATOR,
        "NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE": DeclineCategory.OPERATOR,
        "PERMISSION_DENIED": DeclineCategory.OPERATOR,
        "PREVIOUS_REQUEST_IN_PROGRESS": DeclineCategory.UNKNOWN_OUTCOME,
        "SOMETHING_NEW": DeclineCategory.UNKNOWN_OUTCOME,
    }
    lacks = {
        "asks_the_payer": "a charge of a saved wallet that wants the payer is refused; they pay on PayPal's page anew",
        "one_charge_per_period": "a saved wallet has no periods; the core keeps one open charge for each mandate",
        "webhook_clock": "deliveries are repeated for three days, so minutes prove nothing; days do (own test)",
        "fault:bad_signature": "answers are not signed, the encrypted connection vouches for them",
        "fault:stale_timestamp": "answers carry no time",
    }

    def __init__(self, sandbox: RunningSandbox, receiver: Receiver) -> None:
        super().__init__(sandbox, receiver)
        self.register()
        # The books may lag three hours; the suite looks at once (own tests let them lag).
        self.control.post("paypal/settings", prompt_listing=True)

    def register(self, *without: str) -> None:
        """The webhook of our application; the suite leaves approvals out, for they are not yet payments."""
        self.control.user("register", url=self.receiver.url, without=without or ("CHECKOUT.ORDER.APPROVED",))

    def approves(self, payment: PaymentResult, choice: str = "pay") -> str:
        """The payer agrees on PayPal's page; returns where the page leads."""
        self.opens(payment)
        return self.control.press(f"/paypal/checkoutnow/{payment.provider_ref}/{choice}")

    def order_of(self, payment: PaymentResult) -> dict:
        orders = self.control.get("paypal/orders")["orders"]
        return next(order for order in orders if order["id"] == payment.provider_ref)

    def user_pays(self, payment: PaymentResult) -> None:
        """The payer agrees and comes back to our page, which asks how the payment stands."""
        with suppress(httpx.HTTPStatusError):
            self.approves(payment)
        with suppress(PlatformError):
            self.looked_up(payment)

    def saved(self, *, asks: bool = False) -> str:
        payment = self.created(save_method=True)
        self.user_pays(payment)
        return self.looked_up(payment).saved.mandate_ref

    def user_declines(self, payment: PaymentResult) -> None:
        self.approves(payment, "decline")

    def user_signs(self, url: str) -> None:
        self.control.open(url)
        self.control.press(f"/paypal/agreements/{url.rpartition('=')[2]}/sign")

    def user_unsigns(self, mandate_ref: str) -> None:
        self.control.user("unsign", token_id=mandate_ref)

    def expire(self, mandate_ref: str) -> None:
        self.control.user("expire", token_id=mandate_ref)

    def settle(self, merchant_ref: str) -> None:
        self.control.user("settle", invoice_id=merchant_ref)

    def moves_beside(self, minor: int) -> None:
        self.control.user("move", code="T1200", value=f"{minor / 100:.2f}")

    def withdraws(self, minor: int) -> None:
        self.control.user("move", code="T0400", value=f"{-minor / 100:.2f}")

    def settle_refund(self, refund_ref: str, *, succeeds: bool) -> None:
        self.control.user("settle_refund", custom_id=refund_ref, succeeds=succeeds)

    def reverse(self, merchant_ref: str) -> None:
        self.control.user("reverse", invoice_id=merchant_ref)

    def tampered(self, call: HttpIn) -> list[HttpIn]:
        event = json.loads(call.body)
        bodies = [{**event, name: f"{value}1"} for name, value in event.items()]
        bodies += [{other: event[other] for other in event if other != name} for name in event]
        resource = event["resource"]
        bodies += [{**event, "resource": {**resource, name: f"{value}1"}} for name, value in resource.items()]
        changed = [replace(call, body=json.dumps(body).encode()) for body in bodies]
        headers = [f"paypal-transmission-{name}" for name in SIGNED_HEADERS] + ["paypal-cert-url", "paypal-auth-algo"]
        for name in headers:
            changed.append(replace(call, headers={**call.headers, name: call.headers[name] + "1"}))
            changed.append(replace(call, headers={one: text for one, text in call.headers.items() if one != name}))
        return changed
