"""The payer's side: payment and signing pages and the wallet's home, as WeChat on a phone shows them."""

import json
from datetime import datetime, timedelta

from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route, page, redirect
from wallets.sandbox.wechat import contracts, orders
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID
from wallets.sandbox.wechat.world import Refusal, World, yuan

DECLINES = ("NOTENOUGH", "RULELIMIT", "ACCOUNTERROR", "USER_NOT_EXIST", "CONTRACT_NOT_EXIST", "SYSTEMERROR")
H5_LIVES = timedelta(minutes=5)
CODE_LIVES = timedelta(hours=2)
HOME_NEWEST = 20
TOKEN = r"(?P<token>[\w-]{20,40})"  # noqa: S105 - a pattern


class Cashier:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        return [
            ("GET", "/wechat/?", self.home),
            ("GET", f"/wechat/(?P<kind>qr|h5)/{TOKEN}", self.arrive),
            ("GET", "/wechat/jsapi", self.show_sheet),
            ("GET", f"/wechat/cashier/{TOKEN}", self.show_order),
            ("POST", f"/wechat/cashier/{TOKEN}/(?P<choice>pay|decline|cancel)", self.choose_payment),
            ("GET", f"/wechat/sign/{TOKEN}", self.open_once),
            ("GET", "/wechat/papay/entrustweb", self.scan_contract),
            ("GET", f"/wechat/agree/{TOKEN}", self.show_contract),
            ("POST", f"/wechat/agree/{TOKEN}/(?P<choice>sign|refuse)", self.choose_contract),
            ("POST", r"/wechat/contract/(?P<number>\w+)/unsign", self.unsign),
        ]

    def home(self, request: Request) -> Response:
        signed = [one for one in self.world.store.all("wechat.contract") if one["state"] != "pending"]
        debits = [_shown(one) for one in self.world.store.all("wechat.debit", newest=HOME_NEWEST)]
        notices = self.world.store.all("wechat.notice", newest=HOME_NEWEST)
        context = {"contracts": signed[::-1], "debits": debits, "notices": [_noticed(one) for one in notices]}
        return page(request, "wechat_home.html", {**context, "now": self.world.now().strftime("%Y-%m-%d %H:%M")})

    def arrive(self, request: Request, kind: str, token: str) -> Response:
        """The address of an H5 payment opens for five minutes, a code for two hours; the cashier lives on."""
        known = self.world.store.get("wechat.page", token) or {}
        lives = CODE_LIVES if kind == "qr" else H5_LIVES
        order = orders.find(self.world, known.get("order", ""))
        if order is None or self.world.now() >= datetime.fromisoformat(known["made"]) + lives:
            return _refused(request, Refusal("ORDER_NOT_EXIST", "支付链接已失效"))
        if kind != "qr" and not request.headers.get("referer"):
            return _refused(request, Refusal("PARAM_ERROR", "商家参数格式有误，请联系商家解决"))
        back = request.query.get("redirect_url", "")
        if back.startswith(("http://", "https://")):
            self.world.save_order({**order, "back": back})
        return redirect(f"/wechat/cashier/{order['token']}")

    def show_sheet(self, request: Request) -> Response:
        """What `WeixinJSBridge` brings up; `back` is the page it was called from."""
        try:
            with self.world.store.lock:
                order = self._signed_order(_asked(request.query.get("request", "")))
                back = request.query.get("back", "")
                if back.startswith(("http://", "https://")):
                    self.world.save_order({**order, "back": back})
        except Refusal as refusal:
            return _refused(request, refusal)
        return redirect(f"/wechat/cashier/{order['token']}")

    def show_order(self, request: Request, token: str) -> Response:
        order = self._order(token)
        if order is None:
            return _refused(request, Refusal("ORDER_NOT_EXIST"))
        return page(request, "wechat_cashier.html", {"order": _shown(order)})

    def choose_payment(self, request: Request, token: str, choice: str) -> Response:
        with self.world.store.lock:
            order = self._order(token)
            if order is None:
                return _refused(request, Refusal("ORDER_NOT_EXIST"))
            if choice == "cancel":
                return redirect(order["back"] or f"/wechat/cashier/{token}")
            fault = self.world.strike("cashier", writes=True)
            try:
                if choice == "decline" or fault["kind"] == "decline":
                    raise Refusal(request.fields().get("code") or fault["code"] or DECLINES[0])
                return redirect(orders.pay(self.world, order)["back"] or f"/wechat/cashier/{token}")
            except Refusal as refusal:
                return page(request, "wechat_cashier.html", {"order": _shown(order), "refused": refusal.code})

    def open_once(self, request: Request, token: str) -> Response:
        with self.world.store.lock:
            contract = self._contract(token)
            over = contract is None or contract["opened"] or contract["page_until"] <= self.world.stamp()
            if contract is None or over:
                return _refused(request, Refusal("PAGE_EXPIRED", "签约链接已失效"))
            if "MicroMessenger" in request.headers.get("user-agent", ""):
                return _refused(request, Refusal("PARAM_ERROR", "请在微信外打开"))
            contract |= {"opened": True, "back": _from_where(request)}
            self.world.save_contract(contract)
        return redirect(f"/wechat/agree/{token}")

    def scan_contract(self, request: Request) -> Response:
        """The signing page that a code leads to: a signed address, opened inside WeChat."""
        try:
            if not self.world.seal.v2_signed(request.query, "MD5"):
                raise Refusal("SIGNERROR")
            with self.world.store.lock:
                contract = contracts.propose(self.world, request.query)
                if request.query.get("return_web") == "1":
                    contract = self.world.save_contract({**contract, "back": _from_where(request)})
        except Refusal as refusal:
            return _refused(request, refusal)
        return redirect(f"/wechat/agree/{contract['token']}")

    def show_contract(self, request: Request, token: str) -> Response:
        contract = self._contract(token)
        if contract is None:
            return _refused(request, Refusal("CONTRACT_NOT_EXIST"))
        return page(request, "wechat_contract.html", {"contract": contract})

    def choose_contract(self, request: Request, token: str, choice: str) -> Response:
        with self.world.store.lock:
            contract = self._contract(token)
            if contract is None:
                return _refused(request, Refusal("CONTRACT_NOT_EXIST"))
            if choice == "sign":
                try:
                    contracts.sign(self.world, contract)
                except Refusal as refusal:
                    return _refused(request, refusal)
        return redirect(contract["back"] or f"/wechat/agree/{token}")

    def unsign(self, request: Request, number: str) -> Response:
        try:
            with self.world.store.lock:
                contracts.end(self.world, contracts.find_asked(self.world, {"contract_id": number}))
        except Refusal as refusal:
            return _refused(request, refusal)
        return redirect("/wechat/")

    def pay_in_wechat(self, fields: Document) -> Document:
        """What `WeixinJSBridge` does with the signed fields of a JSAPI payment."""
        asked = _asked(str(fields.get("payload", "{}")))
        if "prepayid" in asked:
            return self._pay_in_app(asked)
        return orders.pay(self.world, self._signed_order(asked))

    def _signed_order(self, asked: Document) -> Document:
        """The order of a JSAPI payment, for the payer it was made for."""
        package = str(asked.get("package", ""))
        parts = (APP_ID, str(asked.get("timeStamp")), str(asked.get("nonceStr")), package)
        signed = asked.get("appId") == APP_ID and asked.get("signType") == "RSA"
        if not (signed and self.world.seal.merchant_signed(str(asked.get("paySign", "")), *parts)):
            raise Refusal("SIGN_ERROR", f"not signed by {MCH_ID}")
        order = self._order(package.removeprefix("prepay_id=wx"))
        if order is None or order["kind"] != "jsapi":
            raise Refusal("ORDER_NOT_EXIST")
        if order["openid"] != self.world.payer():
            raise Refusal("PAYER_MISMATCH", "下单账号与支付账号不一致")
        return order

    def _pay_in_app(self, asked: Document) -> Document:
        """What the SDK does with the signed fields an app gives it."""
        parts = (APP_ID, str(asked.get("timestamp")), str(asked.get("noncestr")), str(asked["prepayid"]))
        named = (asked.get("appid"), asked.get("partnerid"), asked.get("package")) == (APP_ID, MCH_ID, "Sign=WXPay")
        if not (named and self.world.seal.merchant_signed(str(asked.get("sign", "")), *parts)):
            raise Refusal("SIGN_ERROR", f"not signed by {MCH_ID}")
        order = self._order(str(asked["prepayid"]).removeprefix("wx"))
        if order is None or order["kind"] != "app":
            raise Refusal("ORDER_NOT_EXIST")
        return orders.pay(self.world, order)

    def _order(self, token: str) -> Document | None:
        known = self.world.store.get("wechat.token", token) or {}
        return orders.find(self.world, known["order"]) if "order" in known else None

    def _contract(self, token: str) -> Document | None:
        known = self.world.store.get("wechat.token", token) or {}
        return self.world.contract(known["contract"]) if "contract" in known else None


def _asked(text: str) -> Document:
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise Refusal("PARAM_ERROR", "the fields are not JSON") from error
    return asked if isinstance(asked, dict) else {}


def _shown(document: Document) -> Document:
    return {**document, "amount": yuan(document["total"])}


def _noticed(notice: Document) -> Document:
    return {**notice, "amount": yuan(notice["amount"])}


def _from_where(request: Request) -> str:
    """WeChat goes back to the page the payer came from, unless only its site is known."""
    back = request.headers.get("referer", "")
    return back if back.count("/") > 3 else ""


def _refused(request: Request, refusal: Refusal) -> Response:
    return page(request, "refused.html", {"code": refusal.code, "text": refusal.text, "return_url": ""}, 400)
