"""A bank's own gateway, for digital-yuan wallets and the like: QR payments, driven by a record of settings."""

from wallets.providers.bank_gateway.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("merchant_id",)
