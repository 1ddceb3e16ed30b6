"""The simulated WeChat Pay as one of the sandbox's wallets."""

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.keys import WALLETS
from wallets.sandbox.notifier import Delivery
from wallets.sandbox.simulator import Ground, Row, Simulator, Table
from wallets.sandbox.store import Document
from wallets.sandbox.web import Route
from wallets.sandbox.wechat import contracts, deductions, funds, merchant, notifies, orders, refunds
from wallets.sandbox.wechat.accounts import Accounts
from wallets.sandbox.wechat.cashier import DECLINES, Cashier
from wallets.sandbox.wechat.crypto import Seal
from wallets.sandbox.wechat.gate_v2 import GateV2
from wallets.sandbox.wechat.gate_v3 import GateV3
from wallets.sandbox.wechat.world import Refusal, World, yuan

NEWEST = 15
CONTRACT_ACTIONS = {"sign": contracts.sign, "unsign": contracts.end, "expire": contracts.expire}


def make(ground: Ground) -> Simulator:
    return WeChatSimulator(ground)


class WeChatSimulator(Simulator):
    key = "wechat"
    declines = DECLINES

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        merchant.merchants("", ground.secrets_dir)
        seal = Seal(ground.secrets_dir / WALLETS / self.key)
        self.world = World(
            store=ground.store, clock=ground.clock, seal=seal, notifier=ground.notifier, faults=self.faults
        )
        self.cashier = Cashier(self.world)

    def routes(self) -> list[Route]:
        gates = [*GateV3(self.world).routes(), *GateV2(self.world).routes()]
        return [*gates, *Accounts(self.world).routes(), *self.cashier.routes()]

    def prepare(self, notify: Document) -> Delivery:
        return notifies.prepare(self.world, notify)

    def act(self, action: str, fields: Document) -> Document:
        """`pay`, `settle` (a deduction), `decline`, `jsapi`; `sign`, `unsign`, `expire`; `refund`; `probe`; `payer`
        (another `openid` takes the phone); `move` (the balance, by `kind` and `amount` in fen)."""
        if "reference" in fields:
            fields = {"out_trade_no": fields["reference"], "contract_code": fields["reference"], **fields}
        if action in ("pay", "settle", "decline"):
            order = orders.find_asked(self.world, fields.get("out_trade_no"))
            return self._answer(action, order, str(fields.get("code") or DECLINES[0]))
        if action in CONTRACT_ACTIONS:
            return CONTRACT_ACTIONS[action](self.world, contracts.find_asked(self.world, fields))
        if action == "jsapi":
            return self.cashier.pay_in_wechat(fields)
        if action == "refund":
            number, status = str(fields.get("out_refund_no")), str(fields.get("status", "SUCCESS"))
            return refunds.finish(self.world, number, status)
        if action == "move":
            return funds.move(self.world, fields)
        if action == "payer":
            return self.world.store.put("wechat.payer", "now", {"openid": str(fields.get("openid", ""))})
        if action == "probe":
            notifies.probe(self.world, str(fields.get("url", "")))
            return {"ok": True}
        raise Refusal("unknown action")

    def _answer(self, action: str, order: Document, code: str) -> Document:
        by_contract = order["kind"] == "pap"
        if action == "decline":
            decline = deductions.fail if by_contract else orders.decline
            return decline(self.world, order, code)
        return deductions.execute(self.world, order) if by_contract else orders.pay(self.world, order)

    def tables(self) -> tuple[Table, ...]:
        store = self.ground.store
        return (
            Table(
                title=_("Agreements"),
                header=(_("Number"), _("Status"), _("Limit")),
                rows=tuple(map(_contract_row, store.all("wechat.contract", newest=NEWEST))),
            ),
            Table(
                title=_("Trades"),
                header=(_("Order"), _("Status"), _("Amount")),
                rows=tuple(map(_order_row, store.all("wechat.order", newest=NEWEST))),
            ),
        )


def _contract_row(contract: Document) -> Row:
    return Row(
        cells=(contract["contract_code"], contract["state"], yuan(merchant.PLAN_LIMIT)),
        fields={"contract_id": contract["contract_id"]},
        actions=(("sign", _("Sign")), ("unsign", _("Unsign")), ("expire", _("Expire"))),
    )


def _order_row(order: Document) -> Row:
    payable = order["state"] in ("NOTPAY", "ACCEPT")
    return Row(
        cells=(order["out_trade_no"], order["state"], f"{order['currency']} {yuan(order['total'])}"),
        fields={"out_trade_no": order["out_trade_no"]},
        actions=(("pay", _("Pay")), ("decline", _("Decline"))) if payable else (),
    )
