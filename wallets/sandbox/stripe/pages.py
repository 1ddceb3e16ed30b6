"""The payer's side: Stripe's hosted page, the bank's page that asks to confirm, and what the payer has saved."""

from urllib.parse import urlencode

from wallets.sandbox.store import Document
from wallets.sandbox.stripe import intents, methods, sessions
from wallets.sandbox.stripe.api import NO_FAULT
from wallets.sandbox.stripe.world import ApiError, World
from wallets.sandbox.web import Request, Response, Route, page, redirect

HOME_NEWEST = 20
TEN = 10
DECIMALS = {"jpy": 0, "krw": 0, "vnd": 0, "clp": 0, "kwd": 3, "bhd": 3, "jod": 3, "omr": 3, "tnd": 3}


class Pages:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        name = r"(?P<name>cs_\w+)"
        intent = r"(?P<name>pi_\w+)"
        return [
            ("GET", "/stripe/?", self.home),
            ("POST", r"/stripe/saved/(?P<name>pm_\w+)/(?P<step>remove|bank)", self.end),
            ("GET", f"/stripe/checkout/{name}", self.checkout),
            ("POST", f"/stripe/checkout/{name}/(?P<step>pay|sign|decline|cancel)", self.choose),
            ("GET", f"/stripe/confirm/{intent}", self.bank),
            ("POST", f"/stripe/confirm/{intent}/(?P<step>approve|refuse)", self.answer_bank),
        ]

    def home(self, request: Request) -> Response:
        saved = [method for method in self.world.everything("payment_method") if method["customer"]]
        debits = self.world.store.all("stripe.debit", newest=HOME_NEWEST)
        shown = [{**debit, "money": _money(debit["amount"], debit["currency"])} for debit in debits]
        context = {"saved": [self._shown(one) for one in saved], "debits": shown}
        return page(
            request, "stripe_home.html", {**context, "now": self.world.clock.now().isoformat(timespec="seconds")}
        )

    def _shown(self, method: Document) -> Document:
        return {**method, "label": self._label(method), "mandates": methods.agreed(self.world, method)}

    def _label(self, method: Document) -> str:
        return str(methods.choice_of(self.world, method["id"]).label)

    def end(self, request: Request, name: str, step: str) -> Response:
        """The payer removes what is saved, or ends the direct debit mandate where it was given: at the bank."""
        change = methods.detach if step == "remove" else methods.end_at_bank
        with self.world.store.lock:
            try:
                change(self.world, self.world.get("payment_method", name))
            except ApiError as error:
                return _refused(request, error)
        return redirect("/stripe/")

    def checkout(self, request: Request, name: str, refused: str = "") -> Response:
        with self.world.store.lock:
            session = self.world.find("checkout.session", name)
        if session is None:
            return _refused(request, ApiError(404, "No such page", code="resource_missing"))
        stored = self.world.store.get("stripe.page", name) or {}
        context = {
            "session": session,
            "subject": stored.get("subject", ""),
            "money": _money(session["amount_total"], session["currency"]) if session["amount_total"] else "",
            "choices": methods.offered(session["payment_method_types"]),
            "by_bank": "sepa_debit" in session["payment_method_types"],
            "refused": refused,
        }
        return page(request, "stripe_checkout.html", context)

    def choose(self, request: Request, name: str, step: str) -> Response:
        with self.world.store.lock:
            session = self.world.find("checkout.session", name)
            if session is None:
                return _refused(request, ApiError(404, "No such page", code="resource_missing"))
            if step == "cancel":
                return redirect(session["cancel_url"] or f"/stripe/checkout/{name}")
            return self._tried(request, session, step)

    def _tried(self, request: Request, session: Document, step: str) -> Response:
        fields = request.fields()
        ordered = self.world.faults.strike_call("checkout") if self._decline_waits() else None
        fault = {**NO_FAULT, "kind": "decline", "code": fields.get("code", "")} if step == "decline" else ordered
        choice = fields.get("choice") or next(name for name, _ in methods.offered(session["payment_method_types"]))
        try:
            after = sessions.choose(self.world, session, choice, fault or NO_FAULT)
        except ApiError as error:
            return self.checkout(request, session["id"], refused=error.body.get("decline_code") or error.code)
        intent = self.world.find("payment_intent", after["payment_intent"]) if after["payment_intent"] else None
        if intent and intent["status"] == "requires_action":
            return redirect(intent["next_action"]["redirect_to_url"]["url"])
        return redirect(after["success_url"])

    def _decline_waits(self) -> bool:
        return any(fault["kind"] == "decline" for fault in self.world.faults.waiting())

    def bank(self, request: Request, name: str) -> Response:
        with self.world.store.lock:
            intent = self.world.find("payment_intent", name)
        if intent is None or intent["status"] != "requires_action":
            return _refused(request, ApiError(404, "Nothing to confirm", code="resource_missing"))
        return page(
            request, "stripe_confirm.html", {"intent": intent, "money": _money(intent["amount"], intent["currency"])}
        )

    def answer_bank(self, request: Request, name: str, step: str) -> Response:
        with self.world.store.lock:
            intent = self.world.find("payment_intent", name)
            session = self._session_of(name)
            if intent is None or intent["status"] != "requires_action":
                return _refused(request, ApiError(404, "Nothing to confirm", code="resource_missing"))
            if session is None:
                return redirect(self._answered_alone(intent, step))
            if step == "refuse":
                try:
                    intents.refuse(self.world, intent, "payment_intent_authentication_failure")
                except ApiError as error:
                    return self.checkout(request, session["id"], refused=error.code)
            sessions.finish(self.world, session, intents.pay(self.world, intent))
        return redirect(session["success_url"])

    def _answered_alone(self, intent: Document, step: str) -> str:
        """Of a payment with a saved card there is no page of Stripe's: the payer goes back to the merchant's."""
        back, result = intent["next_action"]["redirect_to_url"]["return_url"], "succeeded"
        try:
            if step == "refuse":
                intents.refuse(self.world, intent, "payment_intent_authentication_failure")
            intents.pay(self.world, intent)
        except ApiError:
            result = "failed"
        told = {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": result,
        }
        return f"{back}{'&' if '?' in back else '?'}{urlencode(told)}"

    def _session_of(self, intent: str) -> Document | None:
        return next((one for one in self.world.everything("checkout.session") if one["payment_intent"] == intent), None)


def _money(amount: int, currency: str) -> str:
    decimals = DECIMALS.get(currency, 2)
    whole, rest = divmod(amount, TEN**decimals)
    return f"{currency.upper()} {whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")


def _refused(request: Request, error: ApiError) -> Response:
    return page(request, "refused.html", {"code": error.code, "text": error.text, "return_url": ""}, error.status)
