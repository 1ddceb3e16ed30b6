"""The payer's side: approving a payment or an agreement, and the wallet's home, as a phone shows them."""

from urllib.parse import urlencode

from wallets.sandbox.paypal import captures, orders, vault
from wallets.sandbox.paypal.disputes import open_dispute
from wallets.sandbox.paypal.world import PAYER, Refusal, World
from wallets.sandbox.web import Request, Response, Route, page, redirect

HOME_NEWEST = 20


class Pages:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        one = r"(?P<name>\w{1,36})"
        return [
            ("GET", "/paypal/?", self.home),
            ("GET", "/paypal/checkoutnow", self.show_order),
            ("POST", f"/paypal/checkoutnow/{one}/(?P<choice>pay|decline|cancel)", self.choose_order),
            ("GET", "/paypal/agreements/approve", self.show_setup),
            ("POST", f"/paypal/agreements/{one}/(?P<choice>sign|refuse)", self.choose_setup),
            ("POST", f"/paypal/merchants/{one}/remove", self.remove),
            ("POST", f"/paypal/payments/{one}/dispute", self.dispute),
        ]

    def home(self, request: Request) -> Response:
        store = self.world.store
        saved = [one for one in store.all("paypal.token") if one["status"] == "ACTIVE"]
        context = {
            "account": PAYER["email_address"],
            "saved": saved[::-1],
            "captures": store.all("paypal.capture", newest=HOME_NEWEST),
            "now": self.world.stamp(),
        }
        return page(request, "paypal_home.html", context)

    def show_order(self, request: Request) -> Response:
        try:
            order = orders.find(self.world, request.query.get("token", ""))
        except Refusal as refusal:
            return _refused(request, refusal)
        return page(request, "paypal_order.html", {"order": order, "account": PAYER["email_address"]})

    def choose_order(self, request: Request, name: str, choice: str) -> Response:
        try:
            with self.world.store.lock:
                order = orders.find(self.world, name)
                context = order["wallet"].get("experience_context") or {}
                if choice == "cancel":
                    return _back(context.get("cancel_url", ""), {"token": name})
                orders.approve(self.world, order, good_instrument=choice == "pay")
        except Refusal as refusal:
            return _refused(request, refusal)
        return _back(context.get("return_url", ""), {"token": name, "PayerID": PAYER["account_id"]})

    def show_setup(self, request: Request) -> Response:
        try:
            setup = vault.find_setup(self.world, request.query.get("approval_session_id", ""))
        except Refusal as refusal:
            return _refused(request, refusal)
        return page(request, "paypal_agreement.html", {"setup": setup, "account": PAYER["email_address"]})

    def choose_setup(self, request: Request, name: str, choice: str) -> Response:
        try:
            with self.world.store.lock:
                setup = vault.find_setup(self.world, name)
                if choice == "refuse":
                    return _back(setup["context"].get("cancel_url", ""), {})
                vault.approve(self.world, setup)
        except Refusal as refusal:
            return _refused(request, refusal)
        return _back(setup["context"].get("return_url", ""), {"approval_token_id": name})

    def remove(self, request: Request, name: str) -> Response:
        with self.world.store.lock:
            vault.delete(self.world, name)
        return redirect("/paypal/")

    def dispute(self, request: Request, name: str) -> Response:
        """The payer complains; the money goes back when the dispute is lost, which the control page decides."""
        try:
            with self.world.store.lock:
                open_dispute(self.world, captures.find(self.world, name))
        except Refusal as refusal:
            return _refused(request, refusal)
        return redirect("/paypal/")


def _back(url: str, fields: dict[str, str]) -> Response:
    if not url:
        return redirect("/paypal/")
    return redirect(f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}" if fields else url)


def _refused(request: Request, refusal: Refusal) -> Response:
    context = {"code": refusal.code, "text": "", "return_url": "/paypal/"}
    return page(request, "refused.html", context, 400)
