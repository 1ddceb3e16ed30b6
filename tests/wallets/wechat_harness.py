"""WeChat Pay's side of the conformance suite."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import httpx

from tests.wallets.conformance import SandboxHarness
from tests.wallets.receiver import Receiver
from wallets.providers.base import Channel, DeclineCategory, HttpIn, PaymentResult
from wallets.sandbox.testing import RunningSandbox

BEIJING = timezone(timedelta(hours=8))
MORNING = 10
FIELD = re.compile(rb"<(\w+)>(?:<!\[CDATA\[)?([^<\]]*)")


class WeChatHarness(SandboxHarness):
    key = "wechat"
    currency = "CNY"
    reference_field = "out_trade_no"
    gateway_options = ("api_url",)
    foreign_options = {"mch_id": "1900000002"}
    wire_channel = Channel.QR
    statement_zone = BEIJING
    lacks = {"fault:stale_timestamp": "APIv2, which charges, has no signed time; APIv3's is tested beside the suite"}
    declines = {
        "NOTENOUGH": DeclineCategory.RETRY_LATER,
        "RULELIMIT": DeclineCategory.RETRY_LATER,
        "FREQUENCY_LIMITED": DeclineCategory.RETRY_LATER,
        "ACCOUNTERROR": DeclineCategory.RETRY_NEW_METHOD,
        "USER_ACCOUNT_ABNORMAL": DeclineCategory.RETRY_NEW_METHOD,
        "USER_NOT_EXIST": DeclineCategory.NEVER_RETRY,
        "CONTRACT_NOT_EXIST": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "CONTRACTERROR": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "CONTRACT_NOT_CONFIRM": DeclineCategory.NEEDS_CUSTOMER_ACTION,
        "SIGNERROR": DeclineCategory.OPERATOR,
        "PARAM_ERROR": DeclineCategory.OPERATOR,
        "NOAUTH": DeclineCategory.OPERATOR,
        "APPID_MCHID_NOT_MATCH": DeclineCategory.OPERATOR,
        "NO_CERT": DeclineCategory.OPERATOR,
        "SYSTEMERROR": DeclineCategory.UNKNOWN_OUTCOME,
        "BANKERROR": DeclineCategory.UNKNOWN_OUTCOME,
        "TRADE_ERROR": DeclineCategory.UNKNOWN_OUTCOME,
        "SOMETHING_NEW": DeclineCategory.UNKNOWN_OUTCOME,
    }

    def __init__(self, sandbox: RunningSandbox, receiver: Receiver) -> None:
        super().__init__(sandbox, receiver)
        # Deductions and their notices only go by day in Beijing.
        self.move_clock(self.beijing(MORNING))

    def beijing(self, hour: int, *, days: int = 0) -> datetime:
        moment = self.now().astimezone(BEIJING) + timedelta(days=days)
        return moment.replace(hour=hour, minute=0, second=0, microsecond=0)

    def user_pays(self, payment: PaymentResult) -> None:
        """On the page; where its address has run out, the payer still has the cashier open."""
        try:
            page = self.control.open(payment.action.url or payment.action.payload)
        except httpx.HTTPStatusError:
            with suppress(httpx.HTTPStatusError):
                self.control.user("pay", out_trade_no=payment.merchant_ref)
        else:
            self.control.press(f"{page}/pay")

    def user_declines(self, payment: PaymentResult) -> None:
        self.control.press(f"{self.control.open(payment.action.url or payment.action.payload)}/decline")

    def user_signs(self, url: str) -> None:
        self.control.press(f"{self.control.open(url)}/sign")

    def user_unsigns(self, mandate_ref: str) -> None:
        self.control.user("unsign", contract_id=mandate_ref)

    def expire(self, mandate_ref: str) -> None:
        self.control.user("expire", contract_id=mandate_ref)

    def settle(self, merchant_ref: str) -> None:
        self.control.user("settle", out_trade_no=merchant_ref)

    def moves_beside(self, minor: int) -> None:
        self.control.user("move", kind="企业付款", amount=minor)

    def withdraws(self, minor: int) -> None:
        self.control.user("move", kind="提现", amount=-minor)

    def settle_refund(self, refund_ref: str, *, succeeds: bool) -> None:
        status = "SUCCESS" if succeeds else "CLOSED"
        self.control.user("refund", out_refund_no=refund_ref, status=status)

    def tampered(self, call: HttpIn) -> list[HttpIn]:
        if "wechatpay-signature" not in call.headers:
            return [
                replace(call, body=call.body[: found.end()] + b"1" + call.body[found.end() :])
                for found in FIELD.finditer(call.body)
                if found[1] != b"xml"
            ]
        names = [name for name in call.headers if name.startswith("wechatpay-")]
        headers = [{**call.headers, name: call.headers[name][:-1] + "0"} for name in names]
        headers += [{other: call.headers[other] for other in call.headers if other != name} for name in names]
        headers = [changed for changed in headers if changed != call.headers]
        bodies = [json.dumps(changed).encode() for changed in self._changed(json.loads(call.body))]
        return [replace(call, headers=one) for one in headers] + [replace(call, body=body) for body in bodies]

    def _changed(self, envelope: dict) -> list[dict]:
        top = [{**envelope, name: "x"} for name in envelope]
        resource = envelope["resource"]
        inside = [{**envelope, "resource": {**resource, name: f"{value}0"}} for name, value in resource.items()]
        return [*top, *inside, {**envelope, "new": 1}]
