"""The Alipay adapter: our contract on one side, `alipay.*` methods on the other."""

import hashlib
from collections.abc import Sequence
from datetime import date

from common.http import Operation, done
from wallets.providers.alipay import codes, notify, reading, requests
from wallets.providers.alipay.agreements import AgreementOperations
from wallets.providers.alipay.books import Books
from wallets.providers.alipay.gateway import Gateway
from wallets.providers.alipay.requests import Agreements
from wallets.providers.amounts import check_amount
from wallets.providers.base import (
    Action,
    ActionKind,
    Capability,
    Channel,
    DeclineInfo,
    Descriptor,
    Event,
    HttpIn,
    HttpOut,
    IdempotencyKind,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    RefundRequest,
    RefundResult,
    RetryRules,
    StatementLine,
    UnsupportedByDefault,
)

CAPABILITIES = frozenset(
    {
        Capability.ONE_OFF,
        Capability.QR,
        Capability.REDIRECT,
        Capability.MANDATE,
        Capability.AGREEMENT_WITH_PAYMENT,
        Capability.MERCHANT_CHARGE,
        Capability.VARIABLE_AMOUNT,
        Capability.REVOKE_BY_MERCHANT,
        Capability.POSTPONE_CHARGE,
        Capability.REFUND,
        Capability.PARTIAL_REFUND,
        Capability.CLOSE,
        Capability.STATEMENT,
        Capability.WEBHOOK_SIGNED,
    }
)
PAGES = {Channel.DESKTOP: "alipay.trade.page.pay", Channel.PHONE: "alipay.trade.wap.pay"}
REFERENCE_LENGTH = 64


def describe(currencies: frozenset[str] | None) -> Descriptor:
    return Descriptor(
        key="alipay",
        display_name="Alipay",
        capabilities=CAPABILITIES,
        currencies=currencies or frozenset({reading.HOME_CURRENCY}),
        reference_alphabet=requests.REFERENCE_ALPHABET,
        reference_max_length=REFERENCE_LENGTH,
        idempotency=IdempotencyKind.MERCHANT_REFERENCE,
        # The end of `sign_validity_period` sends no notice.
        ends_silently=True,
        max_amount=10_000_000_000,
        retries=RetryRules(until_next_month=codes.UNTIL_NEXT_MONTH),
    )


class Alipay(AgreementOperations, UnsupportedByDefault):
    def __init__(
        self, gateway: Gateway, *, seller_id: str, agreements: Agreements, currencies: frozenset[str] | None = None
    ) -> None:
        self.descriptor = describe(currencies)
        self._gateway = gateway
        self._seller_id = seller_id
        self._agreements = agreements

    def merchant_ref(self, attempt_id: str) -> str:
        digest = hashlib.sha256(attempt_id.encode()).hexdigest()
        return requests.reference(attempt_id, REFERENCE_LENGTH) or digest

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        check_amount(request.amount, self.descriptor)
        if request.channel is Channel.APP:
            return done(self._in_app(request))
        if request.agreement:
            self._unsupported("have an agreement signed while paying outside an app")
        if request.channel is Channel.QR:
            return self._precreate(request)
        addresses = {"notify_url": request.notify_url, "return_url": request.return_url}
        url = self._gateway.page_url(PAGES[request.channel], requests.trade(request), **addresses)
        action = Action(kind=ActionKind.REDIRECT, url=url, expires_at=request.expires_at)
        state = PaymentState.REQUIRES_ACTION
        return done(PaymentResult(state=state, merchant_ref=request.merchant_ref, amount=request.amount, action=action))

    def _in_app(self, request: PaymentRequest) -> PaymentResult:
        content = requests.trade(request)
        if request.agreement:
            check_amount(request.agreement.terms.single_limit, self.descriptor)
            today = self._gateway.today()
            content["agreement_sign_params"] = requests.signed_while_paying(request.agreement, self._agreements, today)
        order = self._gateway.order_string("alipay.trade.app.pay", content, notify_url=request.notify_url)
        action = Action(kind=ActionKind.SDK, payload=order, expires_at=request.expires_at)
        state = PaymentState.REQUIRES_ACTION
        return PaymentResult(state=state, merchant_ref=request.merchant_ref, amount=request.amount, action=action)

    def _precreate(self, request: PaymentRequest) -> Operation[PaymentResult]:
        content = requests.trade(request)
        answer = yield from self._gateway.call("alipay.trade.precreate", content, notify_url=request.notify_url)
        if not answer.ok:
            return reading.declined_payment(answer, request.merchant_ref)
        return PaymentResult(
            state=PaymentState.REQUIRES_ACTION,
            merchant_ref=request.merchant_ref,
            amount=request.amount,
            action=Action(kind=ActionKind.QR, payload=answer.text("qr_code"), expires_at=request.expires_at),
        )

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        answer = yield from self._gateway.call("alipay.trade.query", {"out_trade_no": merchant_ref})
        if answer.ok:
            return reading.queried_payment(answer, merchant_ref)
        # A question that was refused says nothing about the payment.
        found = codes.bare(answer.code) != codes.TRADE_MISSING
        decline = answer.decline()
        return PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, decline=decline, found=found)

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """A payment page nobody opened is not known to Alipay: the result is `unknown`, `found=False`, and only the
        page's own expiry ends it. What Alipay will not close, and still calls unpaid, is cancelled."""
        answer = yield from self._gateway.call("alipay.trade.close", {"out_trade_no": merchant_ref})
        if answer.ok:
            return reading.closed_payment(answer, merchant_ref)
        found = yield from self.get_payment(merchant_ref)
        # Nothing else may be cancelled: of a paid or an unknown trade it would give money back that has come.
        return (yield from self._cancel(merchant_ref)) if found.state is PaymentState.REQUIRES_ACTION else found

    def _cancel(self, merchant_ref: str) -> Operation[PaymentResult]:
        """Ends a trade whatever it is just doing. One that was paid at this very moment is given back by it, and the
        look-up tells of both; no `action` means that nothing was cancelled."""
        answer = yield from self._gateway.call("alipay.trade.cancel", {"out_trade_no": merchant_ref})
        if answer.ok and answer.text("action") == "close":
            return reading.closed_payment(answer, merchant_ref)
        return (yield from self.get_payment(merchant_ref))

    def refund(self, request: RefundRequest) -> Operation[RefundResult]:
        answer = yield from self._gateway.call("alipay.trade.refund", requests.refund(request))
        if not answer.ok:
            return reading.declined_refund(answer, request)
        if answer.text("fund_change") == "Y":
            return reading.refunded(answer, request)
        # `N` means this call moved nothing: it may be a repeat of one that did, so ask.
        return (yield from self.get_refund(request.refund_ref, request.merchant_ref))

    def get_refund(self, refund_ref: str, merchant_ref: str, provider_ref: str = "") -> Operation[RefundResult]:
        content = {"out_trade_no": merchant_ref, "out_request_no": refund_ref, "query_options": ["gmt_refund_pay"]}
        answer = yield from self._gateway.call("alipay.trade.fastpay.refund.query", content)
        return reading.queried_refund(answer, refund_ref=refund_ref, merchant_ref=merchant_ref)

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        return notify.events(
            call,
            verifier=self._gateway.verifier,
            app_id=self._gateway.app_id,
            seller_id=self._seller_id,
            now=self._gateway.now(),
        )

    def webhook_reply(self, ok: bool) -> HttpOut:
        return HttpOut(status=200, body=b"success" if ok else b"fail")

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        return Books(self._gateway).statement(day)

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        return codes.classify(code, message)
