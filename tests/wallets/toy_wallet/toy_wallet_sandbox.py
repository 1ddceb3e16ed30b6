"""Toy Wallet on the wire, as its makers would publish it for tests: payments, notices, books, and a pay page."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from wallets.sandbox.keys import ensure_text_secret, relative
from wallets.sandbox.merchant import Merchant
from wallets.sandbox.notifier import Delivery
from wallets.sandbox.simulator import Ground, Refused, Simulator
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route, redirect

MERCHANT = "T-1"
LOCAL = timezone(timedelta(hours=12))
LATE = timedelta(hours=1)
FEE_PER_MILLE = 10
TOLD = ("reference", "number", "state", "minor", "currency", "paid_at")
BEFORE = {
    "http_429": Response(b"slow down", 429, "text/plain"),
    "http_500": Response(b"<html>error</html>", 500),
    "garbage": Response(b"{not json", 200, "application/json"),
}


def merchants(base_url: str, secrets_dir: Path) -> dict[str, Merchant]:
    key = ensure_text_secret(secrets_dir, "toy", "key", length=64)
    return {
        "toy": Merchant(
            name="Toy Wallet",
            regions=("NZ",),
            options={"url": f"{base_url}/toy/api", "merchant": MERCHANT},
            currencies=frozenset({"CNY", "EUR"}),
            secrets={"key": relative(secrets_dir, key)},
        )
    }


def make(ground: Ground) -> Simulator:
    return Toy(ground)


class Toy(Simulator):
    key = "toy"
    declines = ("poor", "bad")

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._key = ensure_text_secret(ground.secrets_dir, "toy", "key", length=64).read_bytes().strip()

    def routes(self) -> list[Route]:
        calls = {"open": self._open, "look": self._look, "close": self._close, "day": self._day}
        return [
            *(("POST", f"/toy/api/{what}", partial(self._serve, what, answer)) for what, answer in calls.items()),
            ("GET", r"/toy/pay/(?P<reference>\w+)", self._show),
            ("POST", r"/toy/pay/(?P<reference>\w+)/(?P<choice>pay|cancel)", self._choose),
        ]

    def prepare(self, notify: Document) -> Delivery:
        spoil = "" if notify["tries"] else notify["fault"]
        sent = self._sealed(notify["fields"], late=spoil == "stale", forged=spoil == "forge")
        body = sent.body.replace(b'"minor": ', b'"minor": 9') if spoil == "tamper" else sent.body
        return Delivery(body, {"Content-Type": "application/json", **sent.headers})

    def act(self, action: str, fields: Document) -> Document:
        order = self._order(str(fields.get("reference", "")))
        if action == "pay":
            self._pay(order)
        elif action != "decline":
            raise Refused("unknown action")
        return order

    def _serve(self, what: str, answer, request: Request) -> Response:
        fault = self.faults.strike_call(what) or {"kind": "", "code": ""}
        if fault["kind"] == "timeout_before_commit":
            request.hang_up()
        if fault["kind"] in BEFORE or fault["kind"] == "timeout_before_commit":
            return BEFORE.get(fault["kind"], Response())
        with self.ground.store.lock:
            said = self._answered(answer, request, fault)
        if fault["kind"] == "timeout_after_commit":
            request.hang_up()
        return self._sealed(said, late=fault["kind"] == "stale_timestamp", forged=fault["kind"] == "bad_signature")

    def _answered(self, answer, request: Request, fault: Document) -> Document:
        asked = request.fields()
        reference = "somebodyelses" if fault["kind"] == "wrong_trade" else asked.get("reference", "")
        try:
            if not hmac.compare_digest(self._mac(request.body), request.headers.get("x-toy-signature", "")):
                raise Refused("bad")
            if fault["kind"] in ("decline", "rate_limited"):
                raise Refused("slow" if fault["kind"] == "rate_limited" else fault["code"] or self.declines[0])
            return {**answer(asked, request), "reference": reference, "code": "ok"}
        except Refused as refusal:
            return {"reference": reference, "code": refusal.code}

    def _open(self, asked: Document, request: Request) -> Document:
        known = self.ground.store.get("toy.order", asked["reference"])
        if known is None:
            number = f"{self.ground.store.next_number('toy.order'):06d}"
            known = {**asked, "number": number, "state": "open", "paid_at": ""}
            self.ground.store.put("toy.order", asked["reference"], known)
        if known["state"] != "open" or (known["minor"], known["currency"]) != (asked["minor"], asked["currency"]):
            raise Refused("used")
        return {**_told(known), "page": f"{request.base_url}/toy/pay/{known['reference']}"}

    def _look(self, asked: Document, request: Request) -> Document:
        return _told(self._order(asked["reference"]))

    def _close(self, asked: Document, request: Request) -> Document:
        order = self._order(asked["reference"])
        if order["state"] == "paid":
            raise Refused("used")
        return _told(self._kept({**order, "state": "closed"}))

    def _day(self, asked: Document, request: Request) -> Document:
        paid = [_told(order) for order in self.ground.store.all("toy.order") if order["state"] == "paid"]
        lines = [{**one, "fee": one["minor"] * FEE_PER_MILLE // 1000} for one in paid]
        of_day = [one for one in lines if datetime.fromisoformat(one["paid_at"]).date().isoformat() == asked["day"]]
        return {"lines": of_day}

    def _show(self, request: Request, reference: str) -> Response:
        with self.ground.store.lock:
            order = self._order(reference)
        return Response(f"<h1>Toy Wallet</h1><p>{order['currency']} {order['minor']}: {order['state']}</p>".encode())

    def _choose(self, request: Request, reference: str, choice: str) -> Response:
        with self.ground.store.lock:
            order = self._order(reference)
            if choice == "pay" and order["state"] == "open":
                self._pay(order)
        return redirect(order["back"] or f"/toy/pay/{reference}")

    def _pay(self, order: Document) -> None:
        """Move the money: the only place that does, and it counts every time."""
        if order["state"] != "open":
            raise Refused("used")
        paid = self._kept({**order, "state": "paid", "paid_at": self._moment().isoformat()})
        store, number = self.ground.store, str(self.ground.store.next_number("toy.debit"))
        store.put("toy.debit", number, {"reference": paid["reference"], "minor": paid["minor"]})
        fields, fault = {**_told(paid), "notice": f"toy{number}"}, self.faults.strike_notify()
        self.ground.notifier.enqueue(f"toy{number}", paid["notify"], fields, wallet="toy", fault=fault)

    def _order(self, reference: str) -> Document:
        """As it stands now: one that was not paid in time is closed."""
        order = self.ground.store.get("toy.order", reference)
        if order is None:
            raise Refused("missing")
        over = order["until"] and datetime.fromisoformat(order["until"]) <= self._moment()
        return self._kept({**order, "state": "closed"}) if over and order["state"] == "open" else order

    def _kept(self, order: Document) -> Document:
        return self.ground.store.put("toy.order", order["reference"], order)

    def _moment(self) -> datetime:
        return self.ground.clock.now().astimezone(LOCAL)

    def _sealed(self, said: Document, *, late: bool, forged: bool) -> Response:
        at = self._moment() - (LATE if late else timedelta(0))
        body = json.dumps({"merchant": MERCHANT, "at": at.isoformat(), **said}).encode()
        mac = self._mac(body + (b"x" if forged else b""))
        return Response(body, 200, "application/json", {"x-toy-signature": mac})

    def _mac(self, body: bytes) -> str:
        return hmac.digest(self._key, body, hashlib.sha256).hex()


def _told(order: Document) -> Document:
    return {name: order[name] for name in TOLD}
