"""The one gateway URL: check the envelope, run the method, sign the answer, misbehave when ordered."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl

from wallets.sandbox.alipay import agreements, bills, plans, refunds, trades
from wallets.sandbox.alipay.certificates import serial
from wallets.sandbox.alipay.world import BEIJING, Refusal, World, read_local
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, page, redirect

REQUIRED = ("app_id", "method", "charset", "sign_type", "timestamp", "version", "sign")
CLOCK_TOLERANCE = timedelta(minutes=10)
PAYMENT_PAGES = {"alipay.trade.page.pay": "FAST_INSTANT_TRADE_PAY", "alipay.trade.wap.pay": "QUICK_WAP_WAY"}
APP = "alipay.trade.app.pay"
APP_PRODUCT = "QUICK_MSECURITY_PAY"
SIGN_PAGE = "alipay.user.agreement.page.sign"
CHARGE = "alipay.trade.pay"

Method = Callable[[World, Document], Document]
METHODS: dict[str, Method] = {
    "alipay.trade.query": trades.query,
    "alipay.trade.close": trades.close,
    "alipay.trade.cancel": refunds.cancel,
    "alipay.trade.refund": refunds.refund,
    "alipay.trade.fastpay.refund.query": refunds.query,
    "alipay.user.agreement.query": agreements.query,
    "alipay.user.agreement.unsign": agreements.unsign_asked,
    "alipay.user.agreement.executionplan.modify": plans.modify,
}


class Gateway:
    def __init__(self, world: World) -> None:
        self.world = world

    def serve(self, request: Request) -> Response:
        fields = {**request.query, **dict(parse_qsl(request.body.decode(), keep_blank_values=True))}
        method = fields.get("method", "")
        if method in PAYMENT_PAGES or method == SIGN_PAGE:
            return self._browser(request, fields)
        fault = self.world.faults.strike_call(method) or {"kind": ""}
        early = _transport_fault(request, fault)
        if early:
            return early
        with self.world.store.lock:
            answer = self._run(request, fields, fault)
        if fault["kind"] == "timeout_after_commit":
            request.hang_up()
        if fault["kind"] == "wrong_trade":
            answer |= {"out_trade_no": "SOMEBODY_ELSES"}
        return self._signed(fields, answer, fault)

    def _run(self, request: Request, fields: dict[str, str], fault: Document) -> Document:
        try:
            content = self._checked(fields)
            if fault["kind"] == "decline":
                raise Refusal(fault["code"] or "ACQ.BUYER_BALANCE_NOT_ENOUGH")
            if fault["kind"] == "rate_limited":
                raise Refusal("isp.call-limited", status="20000")
            return self._method(request, fields, content, fault)
        except Refusal as refusal:
            message = {"20000": "Service Currently Unavailable", "40002": "Invalid Arguments"}
            text = message.get(refusal.status, "Business Failed")
            return {"code": refusal.status, "msg": text, "sub_code": refusal.code, "sub_msg": refusal.text}

    def _method(self, request: Request, fields: dict[str, str], content: Document, fault: Document) -> Document:
        method = fields["method"]
        good = {"code": "10000", "msg": "Success"}
        if method == CHARGE:
            return self._charge(fields, content, accept_only=fault["kind"] == "accept_only")
        if method == "alipay.trade.refund" and fault["kind"] == "accept_only":
            return {**good, "out_trade_no": content.get("out_trade_no", ""), "fund_change": "N", "refund_fee": "0.00"}
        if method == "alipay.trade.cancel" and fault["kind"] == "accept_only":
            return {**good, "out_trade_no": content.get("out_trade_no", ""), "retry_flag": "Y"}
        if method == "alipay.trade.precreate":
            return {**good, **self._precreate(request, fields, content)}
        if method == "alipay.data.dataservice.bill.downloadurl.query":
            return {**good, **bills.address(self.world, content, request.base_url)}
        if method not in METHODS:
            raise Refusal("isv.invalid-method", status="40002")
        return {**good, **METHODS[method](self.world, content)}

    def _charge(self, fields: dict[str, str], content: Document, *, accept_only: bool) -> Document:
        trade = agreements.charge(self.world, content, fields.get("notify_url", ""))
        names = {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}
        if accept_only or trade.get("in_progress"):
            self.world.save_trade({**trade, "in_progress": True})
            return {"code": "10003", "msg": "order success pay inprocess", **names}
        paid = agreements.settle(self.world, trade)
        return {"code": "10000", "msg": "Success", **names, **trades.money(paid), "gmt_payment": paid["gmt_payment"]}

    def _precreate(self, request: Request, fields: dict[str, str], content: Document) -> Document:
        wanted = trades.draft(self.world, content, notify_url=fields.get("notify_url", ""), method=fields["method"])
        if trades.find(self.world, wanted["out_trade_no"]):
            wanted = trades.open_trade(self.world, wanted)
        # Like the real one: the trade exists only once somebody has scanned the code.
        self.world.store.put("alipay.code", wanted["token"], wanted)
        return {"out_trade_no": wanted["out_trade_no"], "qr_code": f"{request.base_url}/alipay/qr/{wanted['token']}"}

    def _checked(self, fields: dict[str, str]) -> Document:
        missing = [name for name in REQUIRED if not fields.get(name)]
        if missing:
            raise Refusal(f"isv.missing-{missing[0].replace('_', '-')}", status="40001")
        if fields["app_id"] != self.world.app_id:
            raise Refusal("isv.invalid-app-id", status="40002")
        if fields["sign_type"] != "RSA2" or not self.world.seal.merchant_signed(fields):
            raise Refusal("isv.invalid-signature", status="40002")
        self._check_clock(fields["timestamp"])
        self._check_certificates(fields)
        try:
            text = fields.get("biz_content", "{}")
            content = json.loads(self.world.box.opened(text) if "encrypt_type" in fields else text)
        except ValueError as error:
            raise Refusal("isv.invalid-parameter", status="40002") from error
        if not isinstance(content, dict):
            raise Refusal("isv.invalid-parameter", status="40002")
        return content

    def _check_certificates(self, fields: dict[str, str]) -> None:
        names = {"app_cert_sn": "app", "alipay_root_cert_sn": "root"}
        for field, name in names.items():
            if "app_cert_sn" in fields and fields.get(field) != serial(self.world.certificates[name]):
                raise Refusal(f"isv.invalid-{field.replace('_', '-')}", status="40002")

    def _check_clock(self, text: str) -> None:
        """Only when ordered: the product moves its clock and ours in two steps, and calls may fall in between."""
        sent = read_local(text)
        strict = (self.world.store.get("alipay.setting", "strict_clock") or {}).get("on")
        if strict and abs(sent - self.world.clock.now().astimezone(BEIJING)) > CLOCK_TOLERANCE:
            raise Refusal("isv.invalid-timestamp", status="40002")

    def _signed(self, fields: dict[str, str], answer: Document, fault: Document) -> Response:
        text = json.dumps(answer, ensure_ascii=False)
        if "encrypt_type" in fields:
            text = f'"{self.world.box.closed(text)}"'
        stamp = self.world.seal.forged(text) if fault["kind"] == "bad_signature" else self.world.seal.stamp(text)
        names = {f"{fields.get('method', '').replace('.', '_')}_response": text, "sign": f'"{stamp}"'}
        if "app_cert_sn" in fields:
            names["alipay_cert_sn"] = f'"{serial(self.world.certificates["alipay"])}"'
        body = "{" + ",".join(f'"{name}":{value}' for name, value in names.items()) + "}"
        return Response(body.encode(), 200, "text/html;charset=utf-8")

    def _browser(self, request: Request, fields: dict[str, str]) -> Response:
        try:
            with self.world.store.lock:
                content = self._checked(fields)
                place = self._sign_place(fields, content) if fields["method"] == SIGN_PAGE else None
                return redirect(place or self._pay_place(fields, content))
        except Refusal as refusal:
            context = {"code": refusal.code, "text": refusal.text, "return_url": fields.get("return_url", "")}
            return page(request, "refused.html", context, 400)

    def _pay_place(self, fields: dict[str, str], content: Document) -> str:
        if content.get("product_code") != PAYMENT_PAGES[fields["method"]]:
            raise Refusal("ACQ.INVALID_PARAMETER", text="product_code does not belong to this page")
        extra = {name: fields.get(name, "") for name in ("notify_url", "return_url", "method")}
        wanted = trades.draft(self.world, content, **extra)
        existing = trades.find(self.world, wanted["out_trade_no"])
        if existing and existing["status"] == "TRADE_SUCCESS":
            return f"/alipay/cashier/{existing['token']}"
        return f"/alipay/cashier/{trades.open_trade(self.world, wanted)['token']}"

    def open_app(self, order: str) -> Document:
        """What the wallet does with the text an app hands to its SDK: the trade, perhaps with an agreement to sign."""
        fields = dict(parse_qsl(order, keep_blank_values=True))
        if fields.get("method") != APP:
            raise Refusal("isv.invalid-method", status="40002")
        content = self._checked(fields)
        if content.get("product_code") != APP_PRODUCT:
            raise Refusal("ACQ.INVALID_PARAMETER", text="product_code does not belong to an app")
        extra = {"notify_url": fields.get("notify_url", ""), "method": APP}
        trade = trades.open_trade(self.world, trades.draft(self.world, content, **extra))
        terms = content.get("agreement_sign_params")
        if terms:
            urls = {"notify_url": str(terms.get("sign_notify_url", "")), "return_url": ""}
            signs = agreements.open_agreement(self.world, agreements.draft(self.world, terms, **urls))
            trade = self.world.save_trade({**trade, "signs": signs["agreement_no"]})
        return {"out_trade_no": trade["out_trade_no"], "page": f"/alipay/cashier/{trade['token']}"}

    def _sign_place(self, fields: dict[str, str], content: Document) -> str:
        urls = {name: fields.get(name, "") for name in ("notify_url", "return_url")}
        wanted = agreements.draft(self.world, content, **urls)
        return f"/alipay/sign/{agreements.open_agreement(self.world, wanted)['token']}"


def _transport_fault(request: Request, fault: Document) -> Response | None:
    """Faults in which the call never reaches the business behind the gateway."""
    if fault["kind"] == "timeout_before_commit":
        request.hang_up()
        return Response()
    if fault["kind"] == "http_429":
        return Response(b"slow down", 429, "text/plain", {"Retry-After": "7"})
    if fault["kind"] == "http_500":
        return Response(b"<html>error</html>", 500)
    return Response(b"{not json", 200, "application/json") if fault["kind"] == "garbage" else None
