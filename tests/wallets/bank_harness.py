"""The bank gateway's side of the conformance suite."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta, timezone

import httpx

from tests.wallets.conformance import SandboxHarness
from wallets.providers.base import DeclineCategory, HttpIn, PaymentResult


class BankHarness(SandboxHarness):
    key = "bank_gateway"
    wallet = "bank"
    currency = "CNY"
    reference_field = "ordNo"
    gateway_options = ("base_url",)
    foreign_options = {"merchant_id": "M10000"}
    lacks = {"fund_flow": "the bank's books are of orders and transfers to them; a withdrawal is the account's own"}
    statement_zone = timezone(timedelta(hours=8))
    declines = {
        "3001": DeclineCategory.RETRY_LATER,
        "3002": DeclineCategory.RETRY_LATER,
        "3003": DeclineCategory.NEVER_RETRY,
        "1001": DeclineCategory.OPERATOR,
        "1002": DeclineCategory.OPERATOR,
        "9999": DeclineCategory.UNKNOWN_OUTCOME,
    }

    def user_pays(self, payment: PaymentResult) -> None:
        with suppress(httpx.HTTPStatusError):
            self.control.press(f"{self.control.open(payment.action.payload)}/pay")

    def user_declines(self, payment: PaymentResult) -> None:
        self.control.press(f"{self.control.open(payment.action.payload)}/cancel")

    def settle_refund(self, refund_ref: str, *, succeeds: bool) -> None:
        self.control.user("settle_refund", refund_ref=refund_ref, succeeds=succeeds)

    def tampered(self, call: HttpIn) -> list[HttpIn]:
        fields = json.loads(call.body)
        changed = [{**fields, name: f"{value}1"} for name, value in fields.items()]
        dropped = [{other: fields[other] for other in fields if other != name} for name in fields]
        every = [*changed, *dropped, {**fields, "new": "1"}]
        return [replace(call, body=json.dumps(one).encode()) for one in every]
