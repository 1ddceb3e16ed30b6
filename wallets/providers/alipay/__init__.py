"""Alipay (mainland open platform): payment pages, QR, refunds, bills and 周期扣款 agreements."""

from wallets.providers.alipay.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("app_id", "seller_id")
