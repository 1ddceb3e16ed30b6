"""The simulated M-Pesa as one of the sandbox's wallets."""

import json

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.mpesa import books, orders, prompts
from wallets.sandbox.mpesa.gateway import Gateway, tick
from wallets.sandbox.mpesa.merchant import merchants
from wallets.sandbox.mpesa.phone import Phone
from wallets.sandbox.mpesa.world import PIN, World
from wallets.sandbox.notifier import Delivery
from wallets.sandbox.simulator import Ground, Refused, Row, Simulator, Table
from wallets.sandbox.store import Document
from wallets.sandbox.web import Route

NEWEST = 15
ENDS = {"unsign": "cancelled", "expire": "expired"}
CHOICES = {"pay": "pay", "sign": "pay", "cancel": "cancel", "decline": "cancel", "ignore": "ignore"}


def make(ground: Ground) -> Simulator:
    return MPesaSimulator(ground)


class MPesaSimulator(Simulator):
    key = "mpesa"
    declines = ("1", "1032", "1037", "1019", "1025", "2001", "17")

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        merchants("", ground.secrets_dir)
        self.world = World(
            store=ground.store,
            clock=ground.clock,
            notifier=ground.notifier,
            faults=self.faults,
            secrets_dir=ground.secrets_dir,
        )

    def routes(self) -> list[Route]:
        return [*Gateway(self.world).routes(), *Phone(self.world).routes()]

    def prepare(self, notify: Document) -> Delivery:
        body = notify["fields"]["body"]
        if notify["fault"] == "tamper" and not notify["tries"]:
            body = _tampered(body)
        return Delivery(json.dumps(body).encode(), {"Content-Type": "application/json"})

    def act(self, action: str, fields: Document) -> Document:
        """`pay`, `cancel`, `ignore` (a prompt, by `reference` or `phone`), `sign`, `unsign`, `expire` (an order, by
        `reference`), `bill` (`phone`, `account`, `amount`), `balance` (`phone`, `amount`), `settle_refund`
        (`refund_ref`, `succeeds`), `tick`."""
        tick(self.world)
        if action in CHOICES:
            return self._answer(CHOICES[action], fields)
        if action in ("unsign", "expire"):
            return orders.end(self.world, self._order(fields), ENDS[action])
        if action == "bill":
            return self._pay_bill(str(fields["phone"]), int(fields["amount"]), str(fields["account"]))
        if action == "balance":
            phone = self.world.phone(str(fields["phone"]))
            return self.world.store.put("mpesa.phone", phone["msisdn"], {**phone, "balance": int(fields["amount"])})
        if action == "settle_refund":
            return self._settle_refund(fields)
        if action != "tick":
            raise Refused("unknown action")
        return {"ok": True}

    def tables(self) -> tuple[Table, ...]:
        store = self.ground.store
        return (
            Table(
                title=_("Prompts"),
                header=(_("Phone"), _("Reference"), _("Amount"), _("Status")),
                rows=tuple(map(_prompt_row, store.all("mpesa.prompt", newest=NEWEST))),
            ),
            Table(
                title=_("Standing orders"),
                header=(_("Phone"), _("Reference"), _("Amount"), _("Status")),
                rows=tuple(map(_order_row, store.all("mpesa.order", newest=NEWEST))),
            ),
        )

    def _answer(self, choice: str, fields: Document) -> Document:
        sessions = [*self.world.store.all("mpesa.prompt"), *self.world.store.all("mpesa.order")]
        asked = [
            one
            for one in sessions
            if fields.get("reference") == one["reference"] or fields.get("phone") == one["msisdn"]
        ]
        session = next((one for one in asked if one["state"] == "waiting" and not one.get("hidden")), None)
        if session is None:
            raise Refused("no prompt is waiting")
        answer = prompts.answer if "checkout_id" in session else orders.answer
        return answer(self.world, session, choice, str(fields.get("pin", PIN)))

    def _pay_bill(self, phone: str, amount: int, account: str) -> Document:
        debit = self.world.move(phone, amount, account, kind="Pay Bill")
        books.confirm(self.world, debit)
        return debit

    def _settle_refund(self, fields: Document) -> Document:
        asked = self.world.store.get("mpesa.asked_reversal", str(fields.get("refund_ref", "")))
        if asked is None:
            raise Refused("no such reversal")
        books.settle_reversal(self.world, asked, succeeds=fields.get("succeeds") is not False)
        return {"ok": True}

    def _order(self, fields: Document) -> Document:
        known = self.world.store.all("mpesa.order")
        found = next((one for one in known if one["reference"] == fields.get("reference")), None)
        if found is None:
            raise Refused("no such order")
        return found


def _tampered(body: Document) -> Document:
    """The amount changed on the way, or the result where there is no amount."""
    text = json.dumps(body)
    for item in (body.get("Body", {}).get("stkCallback", {}).get("CallbackMetadata") or {}).get("Item", []):
        if item["Name"] == "Amount":
            text = text.replace(f'"Value": {item["Value"]}', f'"Value": {item["Value"] + 1}', 1)
    return json.loads(text)


def _prompt_row(prompt: Document) -> Row:
    waiting = prompt["state"] == "waiting"
    return Row(
        cells=(prompt["msisdn"], prompt["reference"], f"KES {prompt['amount']}", f"{prompt['state']} {prompt['code']}"),
        fields={"reference": prompt["reference"]},
        actions=(("pay", _("Pay")), ("cancel", _("Cancel")), ("ignore", _("Do not answer"))) if waiting else (),
    )


def _order_row(order: Document) -> Row:
    actions = {
        "waiting": (("sign", _("Approve")), ("cancel", _("Cancel"))),
        "active": (("unsign", _("Cancel")), ("expire", _("Expire"))),
    }
    return Row(
        cells=(order["msisdn"], order["reference"], f"KES {order['amount']}", f"{order['state']} {order['code']}"),
        fields={"reference": order["reference"]},
        actions=actions.get(order["state"], ()),
    )
