"""支付并签约: an order whose payer signs a contract by paying it. APIv2 makes it, APIv3 and the contract's own look-up
tell what became of both.
"""

from collections.abc import Mapping
from dataclasses import replace

from common.http import Operation, OutcomeUnknown
from wallets.providers.amounts import check_amount
from wallets.providers.errors import Unsupported
from wallets.providers.messages import Action, Descriptor, MandateRequest, PaymentRequest, PaymentResult
from wallets.providers.vocabulary import ActionKind, DeclineCategory, PaymentState
from wallets.providers.wechat import codes, reading, requests
from wallets.providers.wechat.answers import Answer
from wallets.providers.wechat.payments import kind_of
from wallets.providers.wechat.requests import Merchant, Plan
from wallets.providers.wechat.v2 import SUCCESS, V2

TRADE_TYPES = {"native": "NATIVE", "h5": "MWEB"}
ADDRESSES = {"native": "code_url", "h5": "mweb_url"}


class PayAndSign:
    descriptor: Descriptor
    _merchant: Merchant
    _plan: Plan
    _v2: V2

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        raise NotImplementedError

    def _earlier(self, fallback: PaymentResult) -> Operation[PaymentResult]:
        raise NotImplementedError

    def _h5_page(self, request: PaymentRequest, url: str) -> Action:
        raise NotImplementedError

    def _pay_and_sign(self, request: PaymentRequest, agreement: MandateRequest) -> Operation[PaymentResult]:
        limit, kind = agreement.terms.single_limit, kind_of(request)
        check_amount(request.amount, self.descriptor)
        check_amount(limit, self.descriptor)
        requests.check_plan(limit, self._plan)
        if kind not in TRADE_TYPES:
            raise Unsupported("WeChat Pay signs while paying on a web page or by a code. Choose one of these.")
        fields = requests.order_with_contract(request, agreement, self._merchant, self._plan, now=self._v2.now())
        return self._order_both(request, {**fields, "trade_type": TRADE_TYPES[kind]}, kind)

    def _order_both(self, request: PaymentRequest, fields: Mapping[str, str], kind: str) -> Operation[PaymentResult]:
        answer = yield from self._v2.order("/pay/contractorder", fields)
        if not answer.ok:
            refused = reading.refused_payment(answer.decline(), request.merchant_ref)
            return (yield from self._earlier(refused)) if answer.code in codes.USED_BEFORE else refused
        if answer.text("contract_result_code") != SUCCESS:
            return (yield from self._without_contract(request.merchant_ref, answer))
        url = answer.text(ADDRESSES[kind])
        if not url:
            raise OutcomeUnknown("WeChat Pay's answer lacks a field.", field=ADDRESSES[kind])
        code = Action(kind=ActionKind.QR, payload=url, expires_at=request.expires_at)
        action = code if kind == "native" else self._h5_page(request, url)
        state, ref = PaymentState.REQUIRES_ACTION, request.merchant_ref
        return PaymentResult(state=state, merchant_ref=ref, amount=request.amount, action=action)

    def _without_contract(self, merchant_ref: str, answer: Answer) -> Operation[PaymentResult]:
        """The order was made and the contract was not: nobody is shown a payment that signs nothing."""
        closed = yield from self.close_payment(merchant_ref)
        decline = codes.classify(answer.text("contract_err_code")[:64])
        known = decline.category is not DeclineCategory.UNKNOWN_OUTCOME
        return replace(closed, decline=decline) if known and closed.state is PaymentState.CLOSED else closed
