"""One-off payments and refunds over APIv3, and looking orders up wherever they were made."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from common.errors import PlatformError
from common.http import Operation, OutcomeUnknown
from wallets.providers.amounts import check_amount
from wallets.providers.errors import Unsupported
from wallets.providers.messages import (
    Action,
    Descriptor,
    PaymentRequest,
    PaymentResult,
    RefundRequest,
    RefundResult,
)
from wallets.providers.vocabulary import ActionKind, Channel, PaymentState, RefundState
from wallets.providers.wechat import codes, reading, requests
from wallets.providers.wechat.answers import Answer
from wallets.providers.wechat.payer import OPENID
from wallets.providers.wechat.requests import Merchant
from wallets.providers.wechat.signing import lines
from wallets.providers.wechat.v2 import V2
from wallets.providers.wechat.v3 import V3

T = TypeVar("T")

ORDERS = "/v3/pay/transactions"
REFUNDS = "/v3/refund/domestic/refunds"
H5_LIVES = timedelta(minutes=5)
PREPAY_LIVES = timedelta(hours=2)


class PaymentOperations:
    descriptor: Descriptor
    _merchant: Merchant
    _v3: V3
    _v2: V2 | None

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        """H5 on a phone, JSAPI where `payer_hint` is the payer's openid, in an app its SDK, else a code to scan."""
        check_amount(request.amount, self.descriptor)
        if request.agreement:
            raise Unsupported("No contract plan is set up at WeChat Pay. Take the payment without an agreement.")
        return self._create(request, kind_of(request))

    def _create(self, request: PaymentRequest, kind: str) -> Operation[PaymentResult]:
        content = requests.order(request, self._merchant, kind=kind)
        answer = yield from self._v3.call("POST", f"{ORDERS}/{kind}", content, purpose=f"create.{kind}")
        if answer.ok:
            action = self._action(request, kind, answer)
            state, ref = PaymentState.REQUIRES_ACTION, request.merchant_ref
            return PaymentResult(state=state, merchant_ref=ref, amount=request.amount, action=action)
        refused = reading.refused_payment(answer.decline(), request.merchant_ref)
        return (yield from self._earlier(refused)) if answer.code in codes.USED_BEFORE else refused

    def _earlier(self, fallback: PaymentResult) -> Operation[PaymentResult]:
        """A reference that was used before: what became of it decides. Once a call was answered, a look-up that does
        not come through must not read as if nothing had been sent."""
        try:
            found = yield from self.get_payment(fallback.merchant_ref)
        except PlatformError:
            return fallback
        return found if found.found else fallback

    def _action(self, request: PaymentRequest, kind: str, answer: Answer) -> Action:
        if kind == "native":
            code = _needed(answer, "code_url")
            return Action(kind=ActionKind.QR, payload=code, expires_at=request.expires_at)
        if kind in ("jsapi", "app"):
            prepay = _needed(answer, "prepay_id")
            payload = self._pay_sign(prepay) if kind == "jsapi" else self._app_sign(prepay)
            soon = self._v3.now() + PREPAY_LIVES
            return Action(kind=ActionKind.SDK, payload=payload, expires_at=min(soon, request.expires_at or soon))
        return self._h5_page(request, _needed(answer, "h5_url"))

    def _h5_page(self, request: PaymentRequest, url: str) -> Action:
        if request.return_url:
            url = f"{url}{'&' if '?' in url else '?'}redirect_url={quote(request.return_url, safe='')}"
        soon = self._v3.now() + H5_LIVES
        return Action(kind=ActionKind.REDIRECT, url=url, expires_at=min(soon, request.expires_at or soon))

    def _pay_sign(self, prepay_id: str) -> str:
        """What `WeixinJSBridge` wants to hear."""
        package = f"prepay_id={prepay_id}"
        timestamp, nonce = str(int(self._v3.now().timestamp())), secrets.token_hex(16)
        signature = self._v3.signer.sign(lines(self._merchant.app_id, timestamp, nonce, package))
        fields = {"appId": self._merchant.app_id, "timeStamp": timestamp, "nonceStr": nonce, "package": package}
        return json.dumps({**fields, "signType": "RSA", "paySign": signature})

    def _app_sign(self, prepay_id: str) -> str:
        """What an app hands to WeChat's SDK; here the fourth line is the bare number."""
        timestamp, nonce = str(int(self._v3.now().timestamp())), secrets.token_hex(16)
        signature = self._v3.signer.sign(lines(self._merchant.app_id, timestamp, nonce, prepay_id))
        names = {"appid": self._merchant.app_id, "partnerid": self._merchant.mch_id, "prepayid": prepay_id}
        signed = {"noncestr": nonce, "timestamp": timestamp, "sign": signature}
        return json.dumps({**names, "package": "Sign=WXPay", **signed})

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """Orders of APIv3 are asked for there; what it does not know may be a deduction of APIv2."""
        path = f"{ORDERS}/out-trade-no/{quote(merchant_ref, safe='')}?mchid={self._merchant.mch_id}"
        answer = yield from self._v3.call("GET", path, purpose="query")
        if answer.code in codes.ORDER_MISSING and self._v2:
            return (yield from self._deduction(self._v2, merchant_ref))
        return self._queried(answer, merchant_ref, reading.payment)

    def _deduction(self, v2: V2, merchant_ref: str) -> Operation[PaymentResult]:
        answer = yield from v2.order("/pay/orderquery", {"out_trade_no": merchant_ref})
        return self._queried(answer, merchant_ref, reading.order)

    def _queried(
        self, answer: Answer, merchant_ref: str, read: Callable[[Mapping[str, Any]], PaymentResult]
    ) -> PaymentResult:
        if not answer.ok:
            # A question that was refused says nothing about the payment.
            found = answer.code not in codes.ORDER_MISSING
            decline = answer.decline()
            return PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, decline=decline, found=found)
        result = _read(read, answer.data)
        ours = answer.text("mchid") or answer.text("mch_id")
        if result.merchant_ref != merchant_ref or ours != self._merchant.mch_id:
            raise OutcomeUnknown("WeChat Pay answered about another order.", merchant_ref=merchant_ref)
        return result

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        path = f"{ORDERS}/out-trade-no/{quote(merchant_ref, safe='')}/close"
        closed = PaymentResult(state=PaymentState.CLOSED, merchant_ref=merchant_ref)
        answer = yield from self._v3.call("POST", path, {"mchid": self._merchant.mch_id}, purpose="close")
        if answer.code in codes.ORDER_MISSING and self._v2:
            answer = yield from self._v2.order("/pay/closeorder", {"out_trade_no": merchant_ref})
        return closed if answer.ok else (yield from self.get_payment(merchant_ref))

    def refund(self, request: RefundRequest) -> Operation[RefundResult]:
        """WeChat Pay wants to hear the amount of the whole order, so the order is looked up first."""
        paid = yield from self.get_payment(request.merchant_ref, request.provider_ref)
        nothing = RefundResult(
            state=RefundState.UNKNOWN, refund_ref=request.refund_ref, merchant_ref=request.merchant_ref
        )
        if paid.state is not PaymentState.SUCCEEDED or paid.amount is None:
            return replace(nothing, decline=paid.decline)
        if paid.amount.currency != request.amount.currency:
            return replace(nothing, state=RefundState.FAILED, decline=codes.classify("PARAM_ERROR"))
        answer = yield from self._v3.call("POST", REFUNDS, requests.refund(request, paid.amount), purpose="refund")
        if answer.code in codes.ORDER_MISSING:
            # It was found and paid a moment ago: APIv3 gives no deduction back here, and gave nothing back now.
            decline = codes.classify(codes.REFUND_ELSEWHERE, answer.message)
            return replace(nothing, state=RefundState.FAILED, decline=decline)
        return self._refunded(answer, nothing) if answer.ok else reading.refused_refund(answer, nothing)

    def get_refund(self, refund_ref: str, merchant_ref: str, provider_ref: str = "") -> Operation[RefundResult]:
        answer = yield from self._v3.call("GET", f"{REFUNDS}/{quote(refund_ref, safe='')}", purpose="refund.query")
        nothing = RefundResult(state=RefundState.UNKNOWN, refund_ref=refund_ref, merchant_ref=merchant_ref)
        return self._refunded(answer, nothing) if answer.ok else replace(nothing, decline=answer.decline())

    def _refunded(self, answer: Answer, asked: RefundResult) -> RefundResult:
        result = _read(reading.refund, answer.data)
        if (result.refund_ref, result.merchant_ref) != (asked.refund_ref, asked.merchant_ref):
            raise OutcomeUnknown("WeChat Pay answered about another refund.", refund_ref=asked.refund_ref)
        return result


def kind_of(request: PaymentRequest) -> str:
    if request.channel is Channel.APP:
        return "app"
    if OPENID.fullmatch(request.payer_hint):
        return "jsapi"
    return "h5" if request.channel is Channel.PHONE else "native"


def _read(read: Callable[[Mapping[str, Any]], T], data: Mapping[str, Any]) -> T:
    try:
        return read(data)
    except (ValueError, KeyError) as error:
        raise OutcomeUnknown("WeChat Pay's answer could not be read.") from error


def _needed(answer: Answer, name: str) -> str:
    value = answer.text(name)
    if not value:
        raise OutcomeUnknown("WeChat Pay's answer lacks a field.", field=name)
    return value
