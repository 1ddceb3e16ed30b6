"""USDT on Ethereum (ERC-20)."""

from wallets.providers.usdt_eth.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("account_xpub", "chain_id", "token_contract")
