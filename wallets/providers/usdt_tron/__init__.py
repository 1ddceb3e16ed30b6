"""USDT on TRON (TRC-20)."""

from wallets.providers.usdt_tron.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("account_xpub", "token_contract")
