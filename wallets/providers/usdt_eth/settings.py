"""Builds USDT on Ethereum from a provider's settings.

Options: `node_url` (a JSON-RPC node; its key belongs in the secret `node_key`, sent as a bearer token), `chain_id` and
`token_contract` (of USDT on the main net unless set), and what `wallets.providers.usdt.settings` reads.
"""

from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError
from wallets.providers.usdt.adapter import UsdtAdapter
from wallets.providers.usdt.addresses import checksummed, read_ethereum
from wallets.providers.usdt.settings import assemble
from wallets.providers.usdt_eth.chain import Ethereum
from wallets.providers.usdt_eth.rpc import Node

MAIN_NET = "1"
# Source: tether.to, supported protocols.
USDT_CONTRACT = "0xdAC17F958D2ee523a2206206994597C13D831ec7"


def build(config: ProviderConfig) -> UsdtAdapter:
    chain_id = config.options.get("chain_id") or MAIN_NET
    if not (chain_id.isascii() and chain_id.isdigit()):
        raise ConfigError("USDT on Ethereum: option 'chain_id' must be a whole number.")
    node = Node(url=config.option("node_url"), key=_key(config))
    chain = Ethereum(node, chain_id=int(chain_id), token=_contract(config))
    link = f"ethereum:{{token}}@{int(chain_id)}/transfer?address={{address}}&uint256={{units}}"
    return assemble(config, chain, display_name="USDT (Ethereum)", pay_link=link)


def _contract(config: ProviderConfig) -> str:
    try:
        return checksummed(read_ethereum(config.options.get("token_contract") or USDT_CONTRACT))
    except ValueError as error:
        raise ConfigError("USDT on Ethereum: option 'token_contract' is not an address. Check its letters.") from error


def _key(config: ProviderConfig) -> str:
    return config.secret("node_key").decode("ascii", "replace").strip() if "node_key" in config.secrets else ""
