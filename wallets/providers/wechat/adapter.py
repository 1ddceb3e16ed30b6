"""The WeChat Pay adapter: our contract on one side, both API generations on the other."""

from collections.abc import Sequence
from datetime import date, timedelta

from common.http import Operation
from wallets.providers.base import (
    Action,
    Capability,
    DeclineInfo,
    Descriptor,
    Event,
    HttpIn,
    HttpOut,
    IdempotencyKind,
    InvalidWebhook,
    PaymentRequest,
    PaymentResult,
    RetryRules,
    StatementLine,
    UnsupportedByDefault,
)
from wallets.providers.wechat import codes, notify, requests
from wallets.providers.wechat.books import Books
from wallets.providers.wechat.contracts import ContractOperations
from wallets.providers.wechat.pay_and_sign import PayAndSign
from wallets.providers.wechat.payer import OfficialAccount
from wallets.providers.wechat.payments import PaymentOperations
from wallets.providers.wechat.requests import Merchant, Plan
from wallets.providers.wechat.signing import Vault
from wallets.providers.wechat.v2 import V2
from wallets.providers.wechat.v3 import V3

PAYMENTS = frozenset(
    {
        Capability.ONE_OFF,
        Capability.QR,
        Capability.REDIRECT,
        Capability.REFUND,
        Capability.PARTIAL_REFUND,
        Capability.CLOSE,
        Capability.STATEMENT,
        Capability.WEBHOOK_SIGNED,
    }
)
CONTRACTS = frozenset(
    {
        Capability.MANDATE,
        Capability.AGREEMENT_WITH_PAYMENT,
        Capability.MERCHANT_CHARGE,
        Capability.PRE_DEBIT_NOTICE,
        Capability.VARIABLE_AMOUNT,
        Capability.REVOKE_BY_MERCHANT,
    }
)
# WeChat executes an accepted deduction up to a day later.
UNKNOWN_AFTER = timedelta(hours=48)
ACCEPTED = b"<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"
REFUSED = b"<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[FAIL]]></return_msg></xml>"


def describe(
    currencies: frozenset[str] | None, capabilities: frozenset[Capability], *, names_payer: bool
) -> Descriptor:
    return Descriptor(
        key="wechat",
        display_name="WeChat Pay",
        capabilities=capabilities,
        currencies=currencies or frozenset({requests.HOME_CURRENCY}),
        reference_alphabet=requests.REFERENCE_ALPHABET,
        reference_min_length=requests.SHORTEST,
        reference_max_length=requests.LONGEST,
        idempotency=IdempotencyKind.MERCHANT_REFERENCE,
        # The end of `contract_expired_time` sends no notice, and the notice of another end may be lost.
        ends_silently=Capability.MANDATE in capabilities,
        unknown_after=UNKNOWN_AFTER,
        retries=RetryRules(other_wallet_if_repeated=codes.RULE_LIMITS),
        asks_referrer=True,
        # H5 is refused inside WeChat. JSAPI works there and needs the payer's openid: without the app's secret WeChat
        # does not tell it.
        shut_in_own_app=not names_payer,
        names_payer_in_own_app=names_payer,
        returns_to_referrer=True,
    )


class WeChatPay(PaymentOperations, UnsupportedByDefault):
    """One-off payments: what every merchant of WeChat Pay has."""

    capabilities = PAYMENTS

    def __init__(
        self,
        *,
        merchant: Merchant,
        v3: V3,
        vault: Vault,
        currencies: frozenset[str] | None,
        v2: V2 | None = None,
        account: OfficialAccount | None = None,
    ) -> None:
        self.descriptor = describe(currencies, self.capabilities, names_payer=account is not None)
        self._account = account
        self._merchant = merchant
        self._v3 = v3
        self._vault = vault
        self._v2 = v2

    def merchant_ref(self, attempt_id: str) -> str:
        return requests.reference(attempt_id)

    def payer_page(self, return_url: str, state: str) -> str:
        return self._official_account().page(return_url, state)

    def payer_id(self, code: str) -> Operation[str]:
        return self._official_account().openid(code)

    def _official_account(self) -> OfficialAccount:
        return self._account or self._unsupported("say who pays without the secret of the official account")

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        notify.check_size(call)
        if "wechatpay-signature" in call.headers:
            return [notify.json_event(call, v3=self._v3, vault=self._vault, merchant=self._merchant)]
        return [self._xml_event(call)]

    def _xml_event(self, call: HttpIn) -> Event:
        raise InvalidWebhook("The notice carries no signature of APIv3, and no contract plan is set up for APIv2.")

    def webhook_reply(self, ok: bool) -> HttpOut:
        """APIv3 looks at the status only, APIv2 at the body."""
        return HttpOut(status=200 if ok else 500, body=ACCEPTED if ok else REFUSED, content_type="text/xml")

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        return Books(self._v3).statement(day)

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        return codes.classify(code, message)


class WeChatPayWithContracts(ContractOperations, PayAndSign, WeChatPay):
    """委托代扣 too: for a merchant whose contract plan was approved."""

    capabilities = PAYMENTS | CONTRACTS
    _v2: V2

    def __init__(
        self,
        *,
        merchant: Merchant,
        v3: V3,
        v2: V2,
        vault: Vault,
        plan: Plan,
        currencies: frozenset[str] | None,
        account: OfficialAccount | None = None,
    ) -> None:
        super().__init__(merchant=merchant, v3=v3, vault=vault, currencies=currencies, v2=v2, account=account)
        self._plan = plan

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        plain = PaymentOperations.create_payment
        return self._pay_and_sign(request, request.agreement) if request.agreement else plain(self, request)

    def _deduction(self, v2: V2, merchant_ref: str) -> Operation:
        return PaymentOperations._deduction(self, v2, merchant_ref)

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        return PaymentOperations.close_payment(self, merchant_ref, provider_ref)

    def _earlier(self, fallback: PaymentResult) -> Operation[PaymentResult]:
        return PaymentOperations._earlier(self, fallback)

    def _h5_page(self, request: PaymentRequest, url: str) -> Action:
        return PaymentOperations._h5_page(self, request, url)

    def _xml_event(self, call: HttpIn) -> Event:
        return notify.xml_event(call, key=self._v2.key, merchant=self._merchant, plan_id=self._plan.plan_id)
