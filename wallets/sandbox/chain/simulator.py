"""The simulated chains as one of the sandbox's wallets."""

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.chain.evm import Evm
from wallets.sandbox.chain.node import Node
from wallets.sandbox.chain.payer import Payer
from wallets.sandbox.chain.rates import Rates
from wallets.sandbox.chain.tron import TronGrid
from wallets.sandbox.chain.wallet import Wallet
from wallets.sandbox.simulator import Ground, Row, Simulator, Table
from wallets.sandbox.store import Document
from wallets.sandbox.web import Route

NEWEST = 15


def make(ground: Ground) -> Simulator:
    return ChainSimulator(ground)


class ChainSimulator(Simulator):
    """Nothing of py-evm is imported before somebody asks the node or sends on Ethereum."""

    key = "chain"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        store, clock = ground.store, ground.clock
        self.evm = Evm(store, clock)
        self.tron = TronGrid(store, clock, self.faults)
        self.payer = Payer(store, clock, evm=self.evm, tron=self.tron)
        self.node = Node(store, self.evm, self.faults, before=self.payer.tick)
        self.rates = Rates(store, clock, self.faults)

    def routes(self) -> list[Route]:
        return [
            ("POST", "/chain/ethereum/rpc", self.node.serve),
            ("GET", "/chain/rates/simple/price", self.rates.serve),
            *self.tron.routes(before=self.payer.tick),
            *Wallet(self.ground.store, self.payer).routes(),
        ]

    def act(self, action: str, fields: Document) -> Document:
        return self.payer.act(action, fields)

    def tables(self) -> tuple[Table, ...]:
        sent = self.ground.store.all("chain.sent", newest=NEWEST)
        chains = (
            Row(
                cells=("Ethereum",),
                fields={"depth": "2"},
                actions=(("mine", _("Mine a block")), ("reorganise", _("Reorganise"))),
            ),
            Row(cells=("TRON",), actions=(("take_back", _("Take the newest back")),)),
            Row(cells=(_("Both"),), actions=(("finalise", _("Make final")),)),
        )
        return (
            Table(title=_("Chains"), header=(_("Chain"),), rows=chains),
            Table(
                title=_("Transfers"),
                header=(_("Chain"), _("To"), _("Units"), _("Coin")),
                rows=tuple(Row(cells=(one["network"], one["to"], one["value"], one["token"])) for one in sent),
            ),
        )

    def reset(self) -> None:
        self.evm.forget()
