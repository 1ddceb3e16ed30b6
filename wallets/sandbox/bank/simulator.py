"""The simulated bank as one of the sandbox's wallets: its interface, its pay page, its control."""

import json
from datetime import timedelta
from functools import partial

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.bank import books, orders
from wallets.sandbox.bank.merchant import MERCHANT, RECORD
from wallets.sandbox.bank.world import Seal, World
from wallets.sandbox.notifier import Delivery
from wallets.sandbox.simulator import Ground, Refused, Row, Simulator, Table
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route, page, redirect

NEWEST = 15
LATE = timedelta(hours=1)
BEFORE = {
    "http_429": Response(b"slow down", 429, "text/plain", {"Retry-After": "7"}),
    "http_500": Response(b"<html>error</html>", 500),
    "garbage": Response(b"{not json", 200, "application/json"),
}


def make(ground: Ground) -> Simulator:
    return BankSimulator(ground)


class BankSimulator(Simulator):
    key = "bank"
    declines = ("3001", "3002", "3003", "9999")

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        seal = Seal(ground.secrets_dir)
        self.world = World(
            store=ground.store, clock=ground.clock, notifier=ground.notifier, faults=self.faults, seal=seal
        )

    def routes(self) -> list[Route]:
        token = r"(?P<token>[\w-]{20,40})"  # noqa: S105 - a pattern
        paths = RECORD["paths"]
        return [
            *(("POST", f"/bank/api{path}", partial(self._serve, what)) for what, path in paths.items()),
            ("GET", "/bank/?", self.home),
            ("GET", f"/bank/pay/{token}", self.show),
            ("POST", f"/bank/pay/{token}/(?P<choice>pay|cancel)", self.choose),
        ]

    def prepare(self, notify: Document) -> Delivery:
        spoil = "" if notify["tries"] else notify["fault"]
        fields = {name: value for name, value in notify["fields"].items() if name != "notify_type"}
        moment = self.world.clock.now() - (LATE if spoil == "stale" else timedelta(0))
        signed = self.world.seal.signed({**fields, "timestamp": self.world.stamp(moment)}, forged=spoil == "forge")
        if spoil == "tamper":
            spoilt = "txnAmt" if "txnAmt" in signed else "refund_amount"
            signed[spoilt] = str(int(signed[spoilt]) + 1)
        headers = {"Content-Type": "application/json"}
        return Delivery(json.dumps(signed).encode(), headers, accepted=lambda status, answer: answer == "SUCCESS")

    def act(self, action: str, fields: Document) -> Document:
        """`pay`, `decline` or `cancel` (an order, by `ordNo`), `settle_refund` (`refund_ref`, `succeeds`), `transfer`
        (`amount`; `reference` and `currency` as the sender writes them)."""
        if action == "transfer":
            names = (str(fields.get(name, "")) for name in ("amount", "reference", "currency"))
            return books.transfer_in(self.world, *names)
        if action == "settle_refund":
            succeeds = fields.get("succeeds") is not False
            return orders.settle_refund(self.world, str(fields.get("refund_ref", "")), succeeds=succeeds)
        order = self.world.order(str(fields.get("ordNo") or fields.get("reference", "")))
        if action == "pay":
            return orders.pay(self.world, order)
        if action not in ("decline", "cancel"):
            raise Refused("unknown action")
        # The code stays open until it runs out: the payer may scan it again.
        return {"ordNo": order["ordNo"], "declined": str(fields.get("code") or self.declines[0])}

    def tables(self) -> tuple[Table, ...]:
        rows = tuple(map(_row, self.ground.store.all("bank.order", newest=NEWEST)))
        return (Table(title=_("Orders"), header=(_("Order"), _("Status"), _("Amount")), rows=rows),)

    def home(self, request: Request) -> Response:
        newest = self.ground.store.all("bank.order", newest=NEWEST)
        return page(request, "bank_home.html", {"orders": [_shown(order) for order in newest]})

    def show(self, request: Request, token: str) -> Response:
        known = self.ground.store.get("bank.token", token)
        if known is None:
            return Response(b"no such code", 404, "text/plain")
        with self.ground.store.lock:
            return page(request, "bank_pay.html", {"order": _shown(self.world.order(known["order"]))})

    def choose(self, request: Request, token: str, choice: str) -> Response:
        known = self.ground.store.get("bank.token", token)
        with self.ground.store.lock:
            order = self.world.order(known["order"]) if known else None
            if order and choice == "pay" and order["state"] == "WAIT":
                orders.pay(self.world, order)
        return redirect(f"/bank/pay/{token}")

    def _serve(self, what: str, request: Request) -> Response:
        fault = self.faults.strike_call(what) or {"kind": "", "code": ""}
        if fault["kind"] == "timeout_before_commit":
            request.hang_up()
            return Response()
        if fault["kind"] in BEFORE:
            return BEFORE[fault["kind"]]
        asked = json.loads(request.body or b"{}")
        with self.ground.store.lock:
            answer = self._answer(what, asked, request, fault)
        if fault["kind"] == "timeout_after_commit":
            request.hang_up()
        return self._signed(answer, fault)

    def _answer(self, what: str, asked: Document, request: Request, fault: Document) -> Document:
        names = {"mchntCd": MERCHANT, "ordNo": str(asked.get("ordNo", ""))}
        try:
            if asked.get("mchntCd") != MERCHANT or not self.world.seal.genuine(asked):
                raise Refused("1002", "signature")
            if fault["kind"] in ("decline", "rate_limited"):
                raise Refused("9429" if fault["kind"] == "rate_limited" else fault["code"] or "3001")
            return {**names, **self._method(what, asked, request, fault), "rspCd": "0000", "rspMsg": "OK"}
        except Refused as refusal:
            return {**names, "rspCd": refusal.code, "rspMsg": refusal.text}

    def _method(self, what: str, asked: Document, request: Request, fault: Document) -> Document:
        if what == "create":
            return orders.create(self.world, asked, request.base_url)
        if what == "refund":
            return orders.refund(self.world, asked, settle=fault["kind"] != "accept_only")
        plain = {
            "query": orders.query,
            "close": orders.close,
            "refund_query": orders.refund_query,
            "statement": books.statement,
        }
        return plain[what](self.world, asked)

    def _signed(self, answer: Document, fault: Document) -> Response:
        if fault["kind"] == "wrong_trade":
            answer = {**answer, "ordNo": "SOMEBODYELSES"}
        moment = self.world.clock.now() - (LATE if fault["kind"] == "stale_timestamp" else timedelta(0))
        told = {**answer, "timestamp": self.world.stamp(moment)}
        signed = self.world.seal.signed(told, forged=fault["kind"] == "bad_signature")
        return Response(json.dumps(signed).encode(), 200, "application/json")


def _shown(order: Document) -> Document:
    whole, cents = divmod(int(order["txnAmt"]), 100)
    return {**order, "shown": f"{whole}.{cents:02d}"}


def _row(order: Document) -> Row:
    return Row(
        cells=(order["ordNo"], order["state"], f"CNY {_shown(order)['shown']}"),
        fields={"ordNo": order["ordNo"]},
        actions=(("pay", _("Pay")), ("decline", _("Decline"))) if order["state"] == "WAIT" else (),
    )
