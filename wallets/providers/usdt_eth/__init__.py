"""USDT on Ethereum (ERC-20)."""

from django.utils.translation import gettext_lazy as _

from wallets.providers.facts import Network
from wallets.providers.usdt.quoting import COIN
from wallets.providers.usdt.settings import chain_facts
from wallets.providers.usdt_eth.settings import build

__all__ = ["FACTS", "build"]

FACTS = chain_facts(
    "USDT (Ethereum)",
    _("USDT (Ethereum)"),
    merchant=("account_xpub", "chain_id", "token_contract"),
    network=Network(
        name="ethereum",
        words="Ethereum (ERC-20)",
        coin=COIN,
        decimals=6,
        native="ETH",
        native_decimals=18,
        native_dust=10**13,
        prefix="0x",
    ),
)
