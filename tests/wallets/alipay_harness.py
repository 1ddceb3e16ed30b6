"""Alipay's side of the conformance suite."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from tests.wallets.conformance import Harness
from tests.wallets.receiver import Receiver
from wallets.providers import registry
from wallets.providers.base import DeclineCategory, HttpIn, PaymentResult, ProviderConfig, WalletProvider
from wallets.sandbox.testing import RunningSandbox

NOBODY_LISTENS = "http://127.0.0.1:9/gateway.do"


class AlipayHarness(Harness):
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

    def __init__(self, sandbox: RunningSandbox, receiver: Receiver) -> None:
        self.sandbox, self.receiver, self.control = sandbox, receiver, sandbox.control
        self.offset = timedelta(0)
        merchant = sandbox.merchants["alipay"]
        self.config = ProviderConfig(
            key="alipay",
            options=merchant.options,
            secrets=merchant.secrets,
            secrets_dir=sandbox.secrets_dir,
            currencies=merchant.currencies,
            now=self.now,
        )
        self.provider = registry.build("alipay", self.config)

    def built(self, **options: str) -> WalletProvider:
        return registry.build("alipay", replace(self.config, options={**self.config.options, **options}))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def move_clock(self, moment: datetime) -> None:
        self.offset = moment - datetime.now(UTC)
        self.control.post("clock", instant=moment.isoformat())

    def fault(self, kind: str, **fields: object) -> None:
        self.control.fault(kind, **fields)

    def debits(self, merchant_ref: str) -> int:
        return self.control.debits(out_trade_no=merchant_ref)

    def user_pays(self, payment: PaymentResult) -> None:
        page = self.control.open(payment.action.url or payment.action.payload)
        self.control.press(f"{page}/pay")

    def user_signs(self, url: str) -> None:
        self.control.press(f"{self.control.open(url)}/sign")

    def user_unsigns(self, mandate_ref: str) -> None:
        self.control.user("unsign", agreement_no=mandate_ref)

    def expire(self, mandate_ref: str) -> None:
        self.control.user("expire", agreement_no=mandate_ref)

    def unreachable(self) -> WalletProvider:
        return self.built(gateway_url=NOBODY_LISTENS)

    def foreign(self) -> WalletProvider:
        return self.built(seller_id="2088000000000002")

    def tampered(self, call: HttpIn) -> list[HttpIn]:
        form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        changed = [{**form, name: f"{value}1"} for name, value in form.items()]
        dropped = [{other: form[other] for other in form if other != name} for name in form]
        return [replace(call, body=urlencode(fields).encode()) for fields in [*changed, *dropped, {**form, "new": "1"}]]
