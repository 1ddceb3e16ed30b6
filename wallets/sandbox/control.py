"""Control of the simulators: an API for tests and a page for people; both use the same addresses."""

from datetime import datetime
from typing import Any

from wallets.sandbox.alipay import agreements, faults, trades
from wallets.sandbox.alipay.cashier import DECLINES
from wallets.sandbox.alipay.world import Refusal, World
from wallets.sandbox.store import Document
from wallets.sandbox.web import Handler, Request, Response, page, redirect, reply_json

NEWEST = 15


class Control:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/control/?", self.panel),
            ("GET POST", "/control/clock", self.clock),
            ("POST", "/control/reset", self.reset),
            ("GET", "/control/alipay/debits", self.debits),
            ("GET", "/control/alipay/notifies", self.notifies),
            ("GET", "/control/alipay/(?P<kind>trade|agreement|fault)s", self.documents),
            ("POST", "/control/alipay/faults", self.order_fault),
            ("POST", "/control/alipay/faults/clear", self.clear_faults),
            ("POST", "/control/alipay/settings", self.settings),
            ("POST", "/control/alipay/user", self.user),
            ("POST", r"/control/alipay/notifies/(?P<name>\w+)/resend", self.resend),
        ]

    def panel(self, request: Request) -> Response:
        store = self.world.store
        context: dict[str, Any] = {
            "now": self.world.stamp(),
            "faults": store.all("alipay.fault"),
            "call_faults": faults.CALL_FAULTS,
            "notify_faults": faults.NOTIFY_FAULTS,
            "declines": DECLINES,
            "agreements": store.all("alipay.agreement", newest=NEWEST),
            "trades": store.all("alipay.trade", newest=NEWEST),
            "notifies": store.all("notify", newest=NEWEST),
            "debits": len(store.all("alipay.debit")),
        }
        return page(request, "control.html", context)

    def clock(self, request: Request) -> Response:
        """POST `instant` (ISO, with zone) or `offset_seconds`; GET says what the time is here."""
        fields = request.fields() if request.method == "POST" else {}
        try:
            if fields.get("instant"):
                self.world.clock.set_instant(_aware(str(fields["instant"])))
            elif "offset_seconds" in fields:
                self.world.clock.set_offset(int(fields["offset_seconds"]))
        except ValueError:
            return reply_json({"error": "instant must be ISO 8601 with a zone; offset_seconds a whole number"}, 400)
        now, offset = self.world.clock.now(), self.world.clock.offset()
        return _done(request, {"now": now.isoformat(), "offset_seconds": int(offset.total_seconds())})

    def reset(self, request: Request) -> Response:
        self.world.store.clear()
        return _done(request, {"ok": True})

    def debits(self, request: Request) -> Response:
        """Money that moved, filtered by `out_trade_no` or `agreement_no`."""
        wanted = {name: request.query[name] for name in ("out_trade_no", "agreement_no") if name in request.query}
        found = [
            debit
            for debit in self.world.store.all("alipay.debit")
            if all(debit[name] == value for name, value in wanted.items())
        ]
        return reply_json({"count": len(found), "debits": found})

    def notifies(self, request: Request) -> Response:
        return reply_json({"notifies": self.world.store.all("notify")})

    def documents(self, request: Request, kind: str) -> Response:
        return reply_json({f"{kind}s": self.world.store.all(f"alipay.{kind}")})

    def order_fault(self, request: Request) -> Response:
        fields = request.fields()
        try:
            ordered = faults.order(
                self.world.store,
                str(fields.get("kind", "")),
                method=str(fields.get("method", "")),
                code=str(fields.get("code", "")),
                seconds=int(fields.get("seconds") or 0),
                times=max(int(fields.get("times") or 1), 1),
            )
        except ValueError as error:
            return reply_json({"error": str(error)}, 400)
        return _done(request, ordered)

    def clear_faults(self, request: Request) -> Response:
        faults.clear(self.world.store)
        return _done(request, {"ok": True})

    def settings(self, request: Request) -> Response:
        on = request.fields().get("strict_clock") in (True, "true", "on", "1")
        return _done(request, self.world.store.put("alipay.setting", "strict_clock", {"on": on}))

    def user(self, request: Request) -> Response:
        """The payer acts in the wallet: `action` is pay (a trade), or sign, unsign, expire (an agreement)."""
        fields = request.fields()
        try:
            with self.world.store.lock:
                return _done(request, self._act(str(fields.get("action", "")), fields))
        except Refusal as refusal:
            return reply_json({"error": refusal.sub_code}, 409)

    def _act(self, action: str, fields: Document) -> Document:
        if action == "pay":
            trade = trades.find_asked(self.world, fields)
            by_agreement = trade["agreement_no"]
            return agreements.settle(self.world, trade) if by_agreement else trades.pay(self.world, trade)
        actions = {"sign": agreements.sign, "unsign": agreements.unsign, "expire": agreements.expire}
        if action not in actions:
            raise Refusal("unknown action")
        return actions[action](self.world, agreements.find_asked(self.world, fields))

    def resend(self, request: Request, name: str) -> Response:
        found = self.world.notifier.resend(name)
        return _done(request, {"ok": found}) if found else reply_json({"error": "no such notify"}, 404)


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the instant has no zone")
    return moment


def _done(request: Request, document: Document) -> Response:
    return reply_json(document) if request.is_json or request.method == "GET" else redirect("/control/")
