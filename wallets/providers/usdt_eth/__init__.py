"""USDT on Ethereum (ERC-20)."""

from wallets.providers.usdt_eth.settings import build

__all__ = ["build"]
