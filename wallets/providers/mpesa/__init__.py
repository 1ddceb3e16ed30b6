"""M-Pesa (Safaricom Daraja): payments by a prompt on the payer's phone, reversals, the books of the last 48 hours."""

from wallets.providers.mpesa.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("short_code", "receiver")
