"""The simulated PayPal as one of the sandbox's wallets."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.keys import ensure_text_secret
from wallets.sandbox.notifier import Delivery
from wallets.sandbox.paypal import captures, disputes, orders, reporting, vault
from wallets.sandbox.paypal.api import Api
from wallets.sandbox.paypal.authority import ensure_authority
from wallets.sandbox.paypal.notifies import Sealer
from wallets.sandbox.paypal.pages import Pages
from wallets.sandbox.paypal.world import Refusal, World
from wallets.sandbox.simulator import Ground, Row, Simulator, Table
from wallets.sandbox.store import Document
from wallets.sandbox.web import Route

NEWEST = 15


def make(ground: Ground) -> Simulator:
    return PayPalSimulator(ground)


class PayPalSimulator(Simulator):
    key = "paypal"
    declines = (
        "INSTRUMENT_DECLINED",
        "TRANSACTION_LIMIT_EXCEEDED",
        "PAYER_ACTION_REQUIRED",
        "AGREEMENT_ALREADY_CANCELLED",
        "PAYER_ACCOUNT_RESTRICTED",
        "PAYEE_ACCOUNT_RESTRICTED",
        "payment_advice_code_02",
        "payment_advice_code_03",
    )

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        authority = ensure_authority(ground.secrets_dir)
        secret = ensure_text_secret(ground.secrets_dir, "paypal", "client_secret", length=64)
        self.world = World(store=ground.store, clock=ground.clock, notifier=ground.notifier, faults=self.faults)
        self.sealer = Sealer(authority.private)
        self.api = Api(self.world, secret=secret.read_text(), certificate=authority.certificate)

    def routes(self) -> list[Route]:
        return [*self.api.routes(), *Pages(self.world).routes()]

    def prepare(self, notify: Document) -> Delivery:
        return self.sealer.delivery(self.world, notify)

    def act(self, action: str, fields: Document) -> Document:
        """`pay`, `decline`, `settle`, `reverse`, `dispute`, `escalate`, `win` (invoice_id), `sign` (setup_id),
        `settle_refund` (custom_id), `unsign`, `expire` (token_id), `register` (the webhook's url, `without` types)."""
        actions: dict[str, Callable[[Document], Document]] = {
            "pay": lambda about: orders.approve(self.world, self._order(about)),
            "decline": lambda about: orders.approve(self.world, self._order(about), good_instrument=False),
            "settle": self._settle,
            "settle_refund": self._settle_refund,
            "reverse": lambda about: disputes.lose(self.world, self._capture(about)),
            "dispute": lambda about: disputes.open_dispute(self.world, self._capture(about)),
            "escalate": lambda about: disputes.escalate(self.world, self._capture(about)),
            "win": lambda about: disputes.win(self.world, self._capture(about)),
            "sign": lambda about: vault.approve(self.world, vault.find_setup(self.world, str(about.get("setup_id")))),
            "unsign": self._unsign,
            "expire": lambda about: vault.expire(self.world, str(about.get("token_id"))),
            "register": self._register,
            "move": lambda about: reporting.move(self.world, about),
        }
        if action not in actions:
            raise Refusal("unknown action")
        if "reference" in fields:
            fields = {**vault.named(self.world, str(fields["reference"])), "invoice_id": fields["reference"], **fields}
        return actions[action](fields)

    def _order(self, about: Document) -> Document:
        return orders.by_number(self.world, str(about.get("invoice_id")))

    def _capture(self, about: Document) -> Document:
        return captures.by_number(self.world, str(about.get("invoice_id")))

    def _settle(self, about: Document) -> Document:
        """A waiting `decline` fault decides how it ends."""
        fault = self.faults.strike_call("settle")
        return captures.settle(self.world, self._capture(about), succeeds=not fault or fault["kind"] != "decline")

    def _settle_refund(self, about: Document) -> Document:
        found = [one for one in self.world.store.all("paypal.refund") if one["custom_id"] == about.get("custom_id")]
        if not found or found[0]["status"] != "PENDING":
            raise Refusal("no such refund waits")
        return captures.settle_refund(self.world, found[0], succeeds=about.get("succeeds") in (True, "true", "on"))

    def _unsign(self, about: Document) -> Document:
        token = vault.token(self.world, str(about.get("token_id")))
        vault.delete(self.world, token["id"])
        return token

    def _register(self, about: Document) -> Document:
        webhook = {"url": str(about.get("url", "")), "without": list(about.get("without") or [])}
        return self.world.store.put("paypal.place", "webhook", webhook)

    def tables(self) -> tuple[Table, ...]:
        store = self.ground.store
        return (
            Table(
                title=_("Orders"),
                header=(_("Order"), _("Status"), _("Amount")),
                rows=tuple(map(_order_row, store.all("paypal.order", newest=NEWEST))),
            ),
            Table(
                title=_("Payments"),
                header=(_("Order"), _("Status"), _("Amount")),
                rows=tuple(map(_capture_row, store.all("paypal.capture", newest=NEWEST))),
            ),
            Table(
                title=_("Agreements"),
                header=(_("Number"), _("Status"), _("Agreement")),
                rows=tuple(map(_setup_row, store.all("paypal.setup", newest=NEWEST))),
            ),
            Table(
                title=_("Saved wallets"),
                header=(_("Number"), _("Status"), _("Agreement")),
                rows=tuple(map(_token_row, store.all("paypal.token", newest=NEWEST))),
            ),
        )


def _money(amount: Document) -> str:
    return f"{amount['currency_code']} {amount['value']}"


def _order_row(order: Document) -> Row:
    waits = order["status"] == "PAYER_ACTION_REQUIRED"
    return Row(
        cells=(order["invoice_id"], order["status"], _money(order["amount"])),
        fields={"invoice_id": order["invoice_id"]},
        actions=(("pay", _("Pay")), ("decline", _("Decline"))) if waits else (),
    )


def _capture_row(capture: Document) -> Row:
    actions = {
        "PENDING": (("settle", _("Settle")),),
        "COMPLETED": (("dispute", _("Dispute")), ("reverse", _("Reverse"))),
    }
    return Row(
        cells=(capture["invoice_id"], f"{capture['status']} {capture['reason']}", _money(capture["amount"])),
        fields={"invoice_id": capture["invoice_id"]},
        actions=actions.get(capture["status"], ()),
    )


def _setup_row(setup: Document) -> Row:
    waits = setup["status"] == "PAYER_ACTION_REQUIRED"
    return Row(
        cells=(setup["id"], setup["status"], setup["customer"].get("merchant_customer_id", "")),
        fields={"setup_id": setup["id"]},
        actions=(("sign", _("Sign")),) if waits else (),
    )


def _token_row(token: Document) -> Row:
    active = token["status"] == "ACTIVE"
    return Row(
        cells=(token["id"], token["status"], token["customer"].get("merchant_customer_id", "")),
        fields={"token_id": token["id"]},
        actions=(("unsign", _("Unsign")), ("expire", _("Expire"))) if active else (),
    )
