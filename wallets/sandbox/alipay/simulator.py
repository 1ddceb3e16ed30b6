"""The simulated Alipay as one of the sandbox's wallets."""

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.alipay import agreements, bills, funds, notifies, refunds, trades
from wallets.sandbox.alipay.cashier import DECLINES, Cashier
from wallets.sandbox.alipay.certificates import ensure_certificates
from wallets.sandbox.alipay.content import ContentBox, ensure_content_key
from wallets.sandbox.alipay.crypto import Seal
from wallets.sandbox.alipay.gateway import Gateway
from wallets.sandbox.alipay.world import Refusal, World
from wallets.sandbox.keys import ensure_alipay_keys
from wallets.sandbox.notifier import Delivery, form_delivery
from wallets.sandbox.simulator import Ground, Row, Simulator, Table
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route

NEWEST = 15
AGREEMENT_ACTIONS = {"sign": agreements.sign, "unsign": agreements.unsign, "expire": agreements.expire}


def make(ground: Ground) -> Simulator:
    return AlipaySimulator(ground)


class AlipaySimulator(Simulator):
    key = "alipay"
    declines = DECLINES

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        files = ensure_alipay_keys(ground.secrets_dir)
        seal = Seal(alipay_private=files.alipay_private, merchant_public=files.merchant_public)
        self.world = World(
            store=ground.store,
            clock=ground.clock,
            notifier=ground.notifier,
            seal=seal,
            faults=self.faults,
            box=ContentBox(ensure_content_key(ground.secrets_dir)),
            certificates=ensure_certificates(ground.secrets_dir),
        )
        self.gateway = Gateway(self.world)

    def routes(self) -> list[Route]:
        return [
            ("GET POST", "/alipay/gateway.do", self.gateway.serve),
            ("GET", r"/alipay/bill/(?P<name>[\w-]+)", self._bill),
            *Cashier(self.world).routes(),
        ]

    def prepare(self, notify: Document) -> Delivery:
        return form_delivery(notifies.prepare(self.world, notify), accepted=lambda status, answer: answer == "success")

    def act(self, action: str, fields: Document) -> Document:
        """`open_app` (the `payload`), `pay`, `decline`, `refund` (a trade, or its `refund_amount`), `move`
        (the balance, by `kind` and `amount` in yuan), or `sign`, `unsign`, `expire` (an agreement)."""
        if "reference" in fields:
            fields = {"out_trade_no": fields["reference"], "external_agreement_no": fields["reference"], **fields}
        if action == "refund":
            return self._refund_by_hand(fields)
        if action == "move":
            return funds.move(self.world, fields)
        if action in ("pay", "decline"):
            return self._answer(action, trades.find_asked(self.world, fields), str(fields.get("code") or DECLINES[0]))
        if action == "open_app":
            return self.gateway.open_app(str(fields.get("payload", "")))
        if action not in AGREEMENT_ACTIONS:
            raise Refusal("unknown action")
        return AGREEMENT_ACTIONS[action](self.world, agreements.find_asked(self.world, fields))

    def _answer(self, action: str, trade: Document, code: str) -> Document:
        by_agreement = trade["agreement_no"]
        if action == "decline":
            return trades.decline(self.world, trade, code)
        return agreements.settle(self.world, trade) if by_agreement else agreements.pay_and_sign(self.world, trade)

    def _refund_by_hand(self, fields: Document) -> Document:
        """The merchant's people give money back on Alipay's own page, under a number of Alipay's."""
        trade = trades.find_asked(self.world, fields)
        whole = {"refund_amount": trade["total_amount"], "out_request_no": self.world.serial("hand")}
        return refunds.refund(self.world, {**whole, **fields, "trans_currency": trade["currency"]})

    def tables(self) -> tuple[Table, ...]:
        store = self.ground.store
        return (
            Table(
                title=_("Agreements"),
                header=(_("Number"), _("Status"), _("Limit")),
                rows=tuple(map(_agreement_row, store.all("alipay.agreement", newest=NEWEST))),
            ),
            Table(
                title=_("Trades"),
                header=(_("Order"), _("Status"), _("Amount")),
                rows=tuple(map(_trade_row, store.all("alipay.trade", newest=NEWEST))),
            ),
        )

    def _bill(self, request: Request, name: str) -> Response:
        return bills.download(self.world, request, name)


def _agreement_row(agreement: Document) -> Row:
    limit = f"{agreement['currency']} {agreement['single_amount']}"
    return Row(
        cells=(agreement["external_agreement_no"], agreement["status"], limit),
        fields={"agreement_no": agreement["agreement_no"]},
        actions=(("sign", _("Sign")), ("unsign", _("Unsign")), ("expire", _("Expire"))),
    )


def _trade_row(trade: Document) -> Row:
    answers = {
        "WAIT_BUYER_PAY": (("pay", _("Pay")), ("decline", _("Decline"))),
        "TRADE_SUCCESS": (("refund", _("Refund")),),
    }
    return Row(
        cells=(trade["out_trade_no"], trade["status"], f"{trade['currency']} {trade['total_amount']}"),
        fields={"out_trade_no": trade["out_trade_no"]},
        actions=answers.get(trade["status"], ()),
    )
