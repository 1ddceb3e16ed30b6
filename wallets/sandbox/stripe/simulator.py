"""The simulated Stripe as one of the sandbox's wallets."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from wallets.sandbox.notifier import Delivery
from wallets.sandbox.simulator import Ground, Row, Simulator, Table
from wallets.sandbox.store import Document
from wallets.sandbox.stripe import books, events, intents, methods, refunds, sessions
from wallets.sandbox.stripe.api import Api
from wallets.sandbox.stripe.merchant import ACCOUNT, api_key, webhook_secret
from wallets.sandbox.stripe.pages import Pages
from wallets.sandbox.stripe.world import ApiError, World
from wallets.sandbox.web import Route

NEWEST = 15
PAYMENT_REFUSED = 402


def make(ground: Ground) -> Simulator:
    return StripeSimulator(ground)


class StripeSimulator(Simulator):
    key = "stripe"
    declines = (
        "insufficient_funds", "generic_decline", "generic_decline/try_again_later", "expired_card", "stolen_card",
        "authentication_required", "revocation_of_authorization", "idempotency_key_in_use",
    )  # fmt: skip

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.world = World(
            store=ground.store,
            clock=ground.clock,
            notifier=ground.notifier,
            faults=self.faults,
            api_key=api_key(ground.secrets_dir).read_text(),
            webhook_secret=webhook_secret(ground.secrets_dir).read_text(),
            account=ACCOUNT,
            default_endpoint=_own_endpoint(),
            ageing={"payment_intent": intents.age, "checkout.session": sessions.age},
        )

    def routes(self) -> list[Route]:
        return [*Api(self.world).routes(), *Pages(self.world).routes()]

    def prepare(self, notify: Document) -> Delivery:
        return events.prepare(self.world, notify)

    def act(self, action: str, fields: Document) -> Document:
        """`pay`, `decline`, `sign` (a page; `choice`), by `id` or `reference`; `endpoint` (its `url`); by `id`:
        `settle`, `fail` (a debit; `code`: the bank's return code), `dispute`, `refund` (it, or its `amount`),
        `win`, `lose` (a dispute), `complete`, `bounce` (a refund), `remove`, `run_out`, `end_at_bank`,
        `start_asking` (a saved method)."""
        if action == "endpoint":
            return self.ground.store.put("stripe.setting", "endpoint", {"url": str(fields.get("url", ""))})
        if action == "move":
            return books.move(self.world, fields)
        if action in ("pay", "decline", "sign"):
            return self._answer(action, fields)
        if action not in _ACTIONS:
            raise ApiError(400, "unknown action")
        kind, act = _ACTIONS[action]
        about = self.world.get(kind, fields.get("id") or self._by_reference(fields))
        if action == "fail":
            return intents.fail_debit(self.world, about, str(fields.get("code") or "insufficient_funds"))
        if action in _OF_A_PART:
            return _OF_A_PART[action](self.world, about, fields.get("amount"))
        return act(self.world, about)

    def _by_reference(self, fields: Document) -> str:
        """The payment of one of our attempts, or what was saved for an agreement of ours."""
        wanted = fields.get("attempt_id") or fields.get("reference")
        saved = (one for one in self.world.everything("setup_intent") if one["metadata"].get("attempt_id") == wanted)
        method = next((one["payment_method"] for one in saved if one["payment_method"]), "")
        if method:
            return str(method)
        found = (one for one in self.world.everything("payment_intent") if one["metadata"].get("attempt_id") == wanted)
        return next((one["id"] for one in found), "")

    def _answer(self, action: str, fields: Document) -> Document:
        """What the payer does on the page, with the first way of paying it offers unless another is named."""
        pages = (one for one in self.world.everything("checkout.session") if one["status"] == "open")
        wanted = (fields.get("id"), fields.get("reference"))
        found = next((one for one in pages if one["id"] == wanted[0] or one["client_reference_id"] == wanted[1]), None)
        if found is None or (action == "sign") is not (found["mode"] == "setup"):
            raise ApiError(404, "No such page is open.", code="resource_missing")
        choice = str(fields.get("choice") or methods.offered(found["payment_method_types"])[0][0])
        code = str(fields.get("code") or "")
        fault = {"kind": "decline", "code": code} if action == "decline" else {"kind": "", "code": ""}
        try:
            return sessions.choose(self.world, found, choice, fault)
        except ApiError as error:
            if action == "decline" and error.status == PAYMENT_REFUSED:
                return {"id": found["id"], "declined": error.body.get("decline_code") or error.code}
            raise

    def tables(self) -> tuple[Table, ...]:
        newest = partial(self.ground.store.all, newest=NEWEST)
        header = (_("Number"), _("Status"), _("Amount"))
        return (
            Table(title=_("Payments"), header=header, rows=tuple(map(_payment_row, newest("stripe.payment_intent")))),
            Table(title=_("Pages"), header=header, rows=tuple(map(_page_row, newest("stripe.session")))),
            Table(
                title=_("Saved wallets"), header=header, rows=tuple(map(_method_row, newest("stripe.payment_method")))
            ),
            Table(title=_("Refunds"), header=header, rows=tuple(map(_refund_row, newest("stripe.refund")))),
            Table(title=_("Disputes"), header=header, rows=tuple(map(_dispute_row, newest("stripe.dispute")))),
        )


def _own_endpoint() -> str:
    """The address of the platform this sandbox runs beside, as a merchant would enter it at Stripe."""
    try:
        return f"{settings.PUBLIC_URL}{reverse('wallet_notify', args=['stripe'])}"
    except NoReverseMatch:
        return ""


_ACTIONS: dict[str, tuple[str, Callable[[World, Document], Document]]] = {
    "settle": ("payment_intent", intents.pay),
    "fail": ("payment_intent", partial(intents.fail_debit, code="insufficient_funds")),
    "dispute": ("payment_intent", refunds.dispute),
    "refund": ("payment_intent", refunds.by_hand),
    "win": ("dispute", partial(refunds.close_dispute, status="won")),
    "lose": ("dispute", partial(refunds.close_dispute, status="lost")),
    "complete": ("refund", refunds.settle),
    "bounce": ("refund", refunds.fail),
    "unsign": ("payment_method", methods.detach),
    "expire": ("payment_method", methods.expire),
    "remove": ("payment_method", methods.detach),
    "run_out": ("payment_method", methods.expire),
    "end_at_bank": ("payment_method", methods.end_at_bank),
    "start_asking": ("payment_method", methods.start_asking),
}
_OF_A_PART: dict[str, Callable[[World, Document, int | None], Document]] = {
    "dispute": refunds.dispute,
    "refund": refunds.by_hand,
}


def _row(body: Document, status: str, amount: str, actions: tuple[tuple[str, object], ...] = ()) -> Row:
    return Row(cells=(body["id"][:34], status, amount), fields={"id": body["id"]}, actions=actions)


def _payment_row(body: Document) -> Row:
    possible = {
        "processing": (("settle", _("Pay")), ("fail", _("Let it fail"))),
        "succeeded": (("dispute", _("Dispute")), ("refund", _("Refund"))),
    }
    return _row(body, body["status"], f"{body['currency'].upper()} {body['amount']}", possible.get(body["status"], ()))


def _page_row(body: Document) -> Row:
    amount = f"{body['currency'].upper()} {body['amount_total']}" if body["amount_total"] else ""
    actions = (("pay", _("Pay")), ("decline", _("Decline"))) if body["mode"] == "payment" else (("sign", _("Sign")),)
    return _row(body, f"{body['mode']} {body['status']}", amount, actions if body["status"] == "open" else ())


def _method_row(body: Document) -> Row:
    actions = (("remove", _("Remove")), ("end_at_bank", _("End at the bank")))
    if body["type"] == "card":
        actions = (("remove", _("Remove")), ("run_out", _("Expire")))
    return _row(body, body["type"], "", actions if body["customer"] else ())


def _refund_row(body: Document) -> Row:
    actions = (("complete", _("Complete")), ("bounce", _("Let it fail"))) if body["status"] == "pending" else ()
    return _row(body, body["status"], f"{body['currency'].upper()} {body['amount']}", actions)


def _dispute_row(body: Document) -> Row:
    actions = (("win", _("We win")), ("lose", _("We lose"))) if body["status"] == "needs_response" else ()
    return _row(body, body["status"], f"{body['currency'].upper()} {body['amount']}", actions)
