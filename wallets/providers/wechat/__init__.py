"""WeChat Pay (mainland): APIv3 for payments, refunds, bills and notices, APIv2 for 委托代扣 contracts."""

from wallets.providers.wechat.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("mch_id", "app_id")
