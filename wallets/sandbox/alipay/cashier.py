"""The payer's side: the cashier, the agreement page and the wallet's home, as a phone shows them."""

from urllib.parse import urlencode

from wallets.sandbox.alipay import agreements, trades
from wallets.sandbox.alipay.crypto import pairs_text
from wallets.sandbox.alipay.world import BUYER_LOGON, Refusal, World
from wallets.sandbox.store import Document
from wallets.sandbox.web import Handler, Request, Response, page, redirect

DECLINES = ("ACQ.BUYER_BALANCE_NOT_ENOUGH", "ACQ.PAYMENT_REQUEST_HAS_RISK", "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR")
HOME_NEWEST = 20


class Cashier:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[tuple[str, str, Handler]]:
        token = r"(?P<token>[\w-]{20,40})"  # noqa: S105 - a pattern
        return [
            ("GET", "/alipay/?", self.home),
            ("GET", f"/alipay/qr/{token}", self.scan),
            ("GET", f"/alipay/cashier/{token}", self.show_trade),
            ("POST", f"/alipay/cashier/{token}/(?P<choice>pay|decline|cancel)", self.choose_payment),
            ("GET", f"/alipay/sign/{token}", self.show_agreement),
            ("POST", f"/alipay/sign/{token}/(?P<choice>sign|refuse)", self.choose_agreement),
            ("POST", f"/alipay/agreement/{token}/unsign", self.unsign),
        ]

    def home(self, request: Request) -> Response:
        signed = [one for one in self.world.store.all("alipay.agreement") if one["status"] != "TEMP"]
        debits = self.world.store.all("alipay.debit", newest=HOME_NEWEST)
        context = {"agreements": signed[::-1], "debits": debits, "account": BUYER_LOGON, "now": self.world.stamp()}
        return page(request, "home.html", context)

    def scan(self, request: Request, token: str) -> Response:
        wanted = self.world.store.get("alipay.code", token)
        if wanted is None:
            return _refused(request, Refusal("INVALID_QR_CODE"))
        try:
            with self.world.store.lock:
                trade = trades.open_trade(self.world, wanted)
        except Refusal as refusal:
            return _refused(request, refusal)
        return redirect(f"/alipay/cashier/{trade['token']}")

    def show_trade(self, request: Request, token: str) -> Response:
        trade = self._trade(token)
        if trade is None:
            return _refused(request, Refusal("ACQ.TRADE_NOT_EXIST"))
        return page(request, "cashier.html", {"trade": trade, "account": BUYER_LOGON, "back": self._back(trade)})

    def choose_payment(self, request: Request, token: str, choice: str) -> Response:
        with self.world.store.lock:
            trade = self._trade(token)
            if trade is None:
                return _refused(request, Refusal("ACQ.TRADE_NOT_EXIST"))
            if choice == "cancel":
                return redirect(trade["quit_url"] or trade["return_url"] or f"/alipay/cashier/{token}")
            fault = self.world.faults.strike_call("cashier") or {"kind": "", "code": ""}
            try:
                if choice == "decline" or fault["kind"] == "decline":
                    raise Refusal(request.fields().get("code") or fault["code"] or DECLINES[0])
                return redirect(self._back(agreements.pay_and_sign(self.world, trade)) or f"/alipay/cashier/{token}")
            except Refusal as refusal:
                context = {"trade": trade, "account": BUYER_LOGON, "refused": refusal.code}
                return page(request, "cashier.html", {**context, "back": self._back(trade)})

    def show_agreement(self, request: Request, token: str) -> Response:
        agreement = self._agreement(token)
        if agreement is None:
            return _refused(request, Refusal("USER_AGREEMENT_NOT_EXIST"))
        return page(request, "agreement.html", {"agreement": agreement, "account": BUYER_LOGON})

    def choose_agreement(self, request: Request, token: str, choice: str) -> Response:
        with self.world.store.lock:
            agreement = self._agreement(token)
            if agreement is None:
                return _refused(request, Refusal("USER_AGREEMENT_NOT_EXIST"))
            if choice == "refuse":
                return redirect(agreement["return_url"] or "/alipay/")
            try:
                signed = agreements.sign(self.world, agreement)
            except Refusal as refusal:
                return _refused(request, refusal)
        names = ("agreement_no", "external_agreement_no", "sign_scene", "sign_time", "invalid_time", "status")
        fields = {name: signed[name] for name in names} | {"is_success": "T"}
        return redirect(self._signed_return(signed["return_url"], fields) or "/alipay/")

    def unsign(self, request: Request, token: str) -> Response:
        with self.world.store.lock:
            agreement = self._agreement(token)
            try:
                agreements.unsign(self.world, agreement or {"status": ""})
            except Refusal as refusal:
                return _refused(request, refusal)
        return redirect("/alipay/")

    def _trade(self, token: str) -> Document | None:
        known = self.world.store.get("alipay.token", token) or {}
        return trades.find(self.world, known["trade"]) if "trade" in known else None

    def _agreement(self, token: str) -> Document | None:
        known = self.world.store.get("alipay.token", token) or {}
        return self.world.agreement(known["agreement"]) if "agreement" in known else None

    def _back(self, trade: Document) -> str:
        if trade["status"] != "TRADE_SUCCESS":
            return trade["quit_url"] or trade["return_url"]
        names = {name: trade[name] for name in ("out_trade_no", "trade_no", "total_amount")}
        fields = {**names, "seller_id": self.world.seller_id, "method": f"{trade['method']}.return"}
        return self._signed_return(trade["return_url"], fields)

    def _signed_return(self, url: str, fields: dict[str, str]) -> str:
        if not url:
            return ""
        common = {"app_id": self.world.app_id, "charset": "utf-8", "version": "1.0", "timestamp": self.world.stamp()}
        every = {**common, **fields}
        text = pairs_text(every, leave_out={"sign", "sign_type"}, empty_too=True)
        signed = {**every, "sign_type": "RSA2", "sign": self.world.seal.stamp(text)}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(signed)}"


def _refused(request: Request, refusal: Refusal) -> Response:
    return page(request, "refused.html", {"code": refusal.code, "text": refusal.text, "return_url": ""}, 400)
