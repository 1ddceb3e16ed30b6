"""USDT on TRON (TRC-20)."""

from django.utils.translation import gettext_lazy as _

from wallets.providers.facts import Network
from wallets.providers.usdt.quoting import COIN
from wallets.providers.usdt.settings import chain_facts
from wallets.providers.usdt_tron.settings import build

__all__ = ["FACTS", "build"]

FACTS = chain_facts(
    "USDT (TRON)",
    _("USDT (TRON)"),
    merchant=("account_xpub", "token_contract"),
    network=Network(
        name="tron",
        words="TRON (TRC-20)",
        coin=COIN,
        decimals=6,
        native="TRX",
        native_decimals=6,
        native_dust=100_000,
        # Here each address is questions of its own; on Ethereum hundreds are one.
        at_once=25,
    ),
)
