"""Control of the simulators: an API for tests and a page for people; both use the same addresses."""

from datetime import datetime

from wallets.sandbox import limits
from wallets.sandbox.simulator import Ground, Refused, Simulator
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route, page, redirect, reply_json

NEWEST = 15


class Control:
    def __init__(self, ground: Ground, simulators: dict[str, Simulator]) -> None:
        self.ground = ground
        self.simulators = simulators

    def routes(self) -> list[Route]:
        wallet = f"(?P<key>{'|'.join(self.simulators)})"
        return [
            ("GET", "/control/?", self.panel),
            ("GET", f"/control/{wallet}/?", self.panel),
            ("GET POST", "/control/clock", self.clock),
            ("POST", "/control/reset", self.reset),
            ("GET", f"/control/{wallet}/debits", self.debits),
            ("GET", f"/control/{wallet}/notifies", self.notifies),
            ("GET", f"/control/{wallet}/(?P<kind>[a-z_]+)s", self.documents),
            ("POST", f"/control/{wallet}/faults", self.order_fault),
            ("POST", f"/control/{wallet}/faults/clear", self.clear_faults),
            ("POST", f"/control/{wallet}/settings", self.settings),
            ("POST", f"/control/{wallet}/user", self.user),
            ("POST", rf"/control/{wallet}/notifies/(?P<name>[\w-]+)/resend", self.resend),
        ]

    def panel(self, request: Request, key: str = "alipay") -> Response:
        store, simulator = self.ground.store, self.simulators[key]
        notifies = [one for one in store.all("notify", newest=NEWEST) if one["wallet"] == key]
        context = {
            "wallet": key,
            "wallets": list(self.simulators),
            "now": self.ground.clock.now().isoformat(timespec="seconds"),
            "faults": simulator.faults.waiting(),
            "declines": simulator.declines,
            "tables": simulator.tables(),
            "notifies": [{**one, "about": _about(one["fields"])} for one in notifies],
            "debits": len(store.all(f"{key}.debit")),
            **limits.choices(key),
        }
        return page(request, "control.html", context)

    def clock(self, request: Request) -> Response:
        """POST `instant` (ISO, with zone) or `offset_seconds`; GET says what the time is here."""
        fields, clock = request.fields() if request.method == "POST" else {}, self.ground.clock
        try:
            if fields.get("instant"):
                clock.set_instant(_aware(str(fields["instant"])))
            elif "offset_seconds" in fields:
                clock.set_offset(int(fields["offset_seconds"]))
        except ValueError:
            return reply_json({"error": "instant must be ISO 8601 with a zone; offset_seconds a whole number"}, 400)
        seconds = int(clock.offset().total_seconds())
        return _done(request, {"now": clock.now().isoformat(), "offset_seconds": seconds})

    def reset(self, request: Request) -> Response:
        self.ground.store.clear()
        for simulator in self.simulators.values():
            simulator.reset()
        return _done(request, {"ok": True})

    def debits(self, request: Request, key: str) -> Response:
        """Money that moved, filtered by any of a debit's own fields."""
        found = [
            debit
            for debit in self.ground.store.all(f"{key}.debit")
            if all(str(debit.get(name, "")) == value for name, value in request.query.items())
        ]
        return reply_json({"count": len(found), "debits": found})

    def notifies(self, request: Request, key: str) -> Response:
        return reply_json({"notifies": [one for one in self.ground.store.all("notify") if one["wallet"] == key]})

    def documents(self, request: Request, key: str, kind: str) -> Response:
        return reply_json({f"{kind}s": self.ground.store.all(f"{key}.{kind}")})

    def order_fault(self, request: Request, key: str) -> Response:
        fields = request.fields()
        refusal = limits.no_fault(key, str(fields.get("kind", "")))
        if refusal:
            return _refused(request, str(refusal), key)
        try:
            ordered = self.simulators[key].faults.order(
                str(fields.get("kind", "")),
                method=str(fields.get("method", "")),
                code=str(fields.get("code", "")),
                seconds=int(fields.get("seconds") or 0),
                times=max(int(fields.get("times") or 1), 1),
            )
        except ValueError as error:
            return reply_json({"error": str(error)}, 400)
        return _done(request, ordered, key)

    def clear_faults(self, request: Request, key: str) -> Response:
        self.simulators[key].faults.clear()
        return _done(request, {"ok": True}, key)

    def settings(self, request: Request, key: str) -> Response:
        """Switches of a simulator, stored as `<key>.setting`: `{"on": true}` by name."""
        switched = {name: value in (True, "true", "on", "1") for name, value in request.fields().items()}
        for name, on in switched.items():
            self.ground.store.put(f"{key}.setting", name, {"on": on})
        return _done(request, switched, key)

    def user(self, request: Request, key: str) -> Response:
        """The payer acts in the wallet: `action`, and the fields that name what it is about."""
        fields = request.fields()
        action = str(fields.get("action", ""))
        refusal = limits.no_action(key, action)
        if refusal:
            return _refused(request, str(refusal), key)
        try:
            with self.ground.store.lock:
                return _done(request, self.simulators[key].act(action, fields), key)
        except Refused as refusal:
            return _refused(request, refusal.code, key)

    def resend(self, request: Request, key: str, name: str) -> Response:
        found = self.ground.notifier.resend(name)
        return _done(request, {"ok": found}, key) if found else reply_json({"error": "no such notify"}, 404)


def _about(fields: Document) -> str:
    """What a notice is about, as its wallet calls it."""
    return next((str(fields[name]) for name in ("notify_type", "event_type", "type") if fields.get(name)), "")


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the instant has no zone")
    return moment


def _refused(request: Request, reason: str, key: str) -> Response:
    if request.is_json:
        return reply_json({"error": reason}, 409)
    return page(request, "control_refused.html", {"reason": reason, "wallet": key}, 409)


def _done(request: Request, document: Document, key: str = "") -> Response:
    to_program = request.is_json or request.method == "GET"
    return reply_json(document) if to_program else redirect(f"/control/{key}" + ("/" if key else ""))
