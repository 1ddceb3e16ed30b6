"""Alipay's side of the conformance suite."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta, timezone
from urllib.parse import parse_qsl, urlencode

import httpx

from tests.wallets.conformance import SandboxHarness
from wallets.providers.base import ActionKind, Channel, DeclineCategory, HttpIn, MandateTerms, PaymentResult

LAST_DAY = 28


class AlipayHarness(SandboxHarness):
    currency = "CNY"
    declines = {
        "ACQ.BUYER_BALANCE_NOT_ENOUGH": DeclineCategory.RETRY_LATER,
        "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR": DeclineCategory.RETRY_LATER,
        "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE": DeclineCategory.RETRY_NEW_METHOD,
        "ACQ.PAYMENT_REQUEST_HAS_RISK": DeclineCategory.RETRY_NEW_METHOD,
        "ACQ.AGREEMENT_NOT_EXIST": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "AGREEMENT_STATUS_NOT_NORMAL": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "ACQ.BUYER_NOT_EXIST": DeclineCategory.NEVER_RETRY,
        "ACQ.BUYER_ENABLE_STATUS_FORBID": DeclineCategory.NEVER_RETRY,
        "ACQ.CYCLE_PAY_DATE_NOT_MATCH": DeclineCategory.OPERATOR,
        "ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED": DeclineCategory.OPERATOR,
        "ACQ.SELLER_BEEN_BLOCKED": DeclineCategory.OPERATOR,
        "isv.invalid-signature": DeclineCategory.OPERATOR,
        "aop.ACQ.SYSTEM_ERROR": DeclineCategory.UNKNOWN_OUTCOME,
        "isp.unknow-error": DeclineCategory.UNKNOWN_OUTCOME,
        "ACQ.SOMETHING_NEW": DeclineCategory.UNKNOWN_OUTCOME,
    }

    key = "alipay"
    reference_field = "out_trade_no"
    wire_channel = Channel.QR
    agreeing_channel = Channel.APP
    foreign_options = {"seller_id": "2088000000000002"}
    statement_zone = timezone(timedelta(hours=8))
    lacks = {
        "webhook_clock": "a notify carries no time that is signed apart from its content",
        "refund_settles_later": "a refund is done or it is not when the call returns",
        "fault:stale_timestamp": "answers carry no time",
    }

    def terms(self) -> MandateTerms:
        """A window that is open now: the agreed day is in two days, and not after the 28th."""
        if (self.now() + timedelta(days=2)).day > LAST_DAY:
            self.move_clock(self.now() + timedelta(days=4))
        return super().terms()

    def user_pays(self, payment: PaymentResult) -> None:
        with suppress(httpx.HTTPStatusError):
            self.control.press(f"{self.cashier(payment)}/pay")

    def user_declines(self, payment: PaymentResult) -> None:
        self.control.press(f"{self.cashier(payment)}/decline")

    def cashier(self, payment: PaymentResult) -> str:
        """The page the payer gets to see, from a browser, a code or an app."""
        if payment.action.kind is ActionKind.SDK:
            return self.control.user("open_app", payload=payment.action.payload)["page"]
        return self.control.open(payment.action.url or payment.action.payload)

    def user_signs(self, url: str) -> None:
        self.control.press(f"{self.control.open(url)}/sign")

    def user_unsigns(self, mandate_ref: str) -> None:
        self.control.user("unsign", agreement_no=mandate_ref)

    def moves_beside(self, minor: int) -> None:
        self.control.user("move", kind="转账", amount=f"{minor / 100:.2f}")

    def withdraws(self, minor: int) -> None:
        self.control.user("move", kind="提现", amount=f"{-minor / 100:.2f}")

    def expire(self, mandate_ref: str) -> None:
        self.control.user("expire", agreement_no=mandate_ref)

    def tampered(self, call: HttpIn) -> list[HttpIn]:
        form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        changed = [{**form, name: f"{value}1"} for name, value in form.items()]
        dropped = [{other: form[other] for other in form if other != name} for name in form]
        return [replace(call, body=urlencode(fields).encode()) for fields in [*changed, *dropped, {**form, "new": "1"}]]
