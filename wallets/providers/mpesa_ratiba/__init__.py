"""M-Pesa Ratiba (Safaricom Daraja): standing orders which the payer approves and Safaricom runs by itself."""

from wallets.providers.mpesa_ratiba.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("short_code", "receiver")
