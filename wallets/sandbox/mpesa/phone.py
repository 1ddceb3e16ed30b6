"""The payer's phone: the prompt with its PIN pad, the balance, payments, standing orders, and paying a bill by hand."""

from wallets.sandbox.mpesa import books, orders, prompts
from wallets.sandbox.mpesa.gateway import tick
from wallets.sandbox.mpesa.world import PIN, World
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route, page, redirect

NEWEST = 20
NUMBER = r"(?P<msisdn>254[17]\d{8})"
EXAMPLE = "254712345678"


class Phone:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        return [
            ("GET", "/mpesa/?", self.home),
            ("POST", "/mpesa/find", self.find),
            ("GET", f"/mpesa/phone/{NUMBER}/?", self.show),
            ("POST", f"/mpesa/phone/{NUMBER}/(?P<choice>pay|cancel|ignore)", self.answer),
            ("POST", f"/mpesa/phone/{NUMBER}/bill", self.pay_bill),
            ("POST", rf"/mpesa/phone/{NUMBER}/orders/(?P<number>\d+)/cancel", self.cancel_order),
        ]

    def home(self, request: Request) -> Response:
        phones = self.world.store.all("mpesa.phone", newest=NEWEST)
        waiting = {one["msisdn"] for one in self.world.store.all("mpesa.prompt") if one["state"] == "waiting"}
        known = sorted({*(phone["msisdn"] for phone in phones), *waiting})
        return page(request, "mpesa_home.html", {"phones": known, "waiting": waiting, "example": EXAMPLE})

    def find(self, request: Request) -> Response:
        digits = "".join(filter(str.isdigit, str(request.fields().get("number", ""))))
        return redirect(f"/mpesa/phone/254{digits[-9:]}/" if len(digits) >= len("712345678") else "/mpesa/")

    def show(self, request: Request, msisdn: str) -> Response:
        with self.world.store.lock:
            tick(self.world)
            return self._screen(request, msisdn)

    def answer(self, request: Request, msisdn: str, choice: str) -> Response:
        with self.world.store.lock:
            session = prompts.session_of(self.world, msisdn)
            if session and not session.get("hidden"):
                answer = prompts.answer if "checkout_id" in session else orders.answer
                answer(self.world, session, choice, str(request.fields().get("pin", PIN)))
        return redirect(f"/mpesa/phone/{msisdn}/")

    def pay_bill(self, request: Request, msisdn: str) -> Response:
        fields = request.fields()
        amount, reference = str(fields.get("amount", "")), str(fields.get("account", ""))[:20]
        with self.world.store.lock:
            payable = amount.isdigit() and 1 <= int(amount) <= self.world.phone(msisdn)["balance"]
            if payable and reference:
                books.confirm(self.world, self.world.move(msisdn, int(amount), reference, kind="Pay Bill"))
        return redirect(f"/mpesa/phone/{msisdn}/")

    def cancel_order(self, request: Request, msisdn: str, number: str) -> Response:
        with self.world.store.lock:
            order = self.world.store.get("mpesa.order", number)
            try:
                orders.end(self.world, order if order and order["msisdn"] == msisdn else {"state": ""}, "cancelled")
            except Refused:
                return redirect(f"/mpesa/phone/{msisdn}/")
        return redirect(f"/mpesa/phone/{msisdn}/")

    def _screen(self, request: Request, msisdn: str) -> Response:
        session = prompts.session_of(self.world, msisdn)
        shown = session if session and not session.get("hidden") else None
        last = _last(self.world.store.all("mpesa.prompt", newest=NEWEST), msisdn)
        context = {
            "msisdn": msisdn,
            "prompt": shown,
            "is_order": bool(shown and "checkout_id" not in shown),
            "last": last,
            "pin": PIN,
            "balance": self.world.phone(msisdn)["balance"],
            "short_code": self.world.short_code,
            "now": f"{self.world.local():%Y-%m-%d %H:%M}",
            "debits": [one for one in self.world.store.all("mpesa.debit")[::-1] if one["msisdn"] == msisdn][:NEWEST],
            "orders": [one for one in self.world.store.all("mpesa.order")[::-1] if one["msisdn"] == msisdn],
        }
        return page(request, "mpesa_phone.html", context)


def _last(newest: list[Document], msisdn: str) -> Document | None:
    return next((one for one in newest if one["msisdn"] == msisdn and one["state"] != "waiting"), None)
