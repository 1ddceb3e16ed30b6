"""WeChat Pay (mainland): APIv3 for payments, refunds, bills and notices, APIv2 for 委托代扣 contracts."""

from datetime import timedelta, timezone

from django.utils.translation import gettext_lazy as _

from wallets.providers.facts import Books, Facts
from wallets.providers.wechat.settings import build

__all__ = ["FACTS", "build"]

FACTS = Facts(
    known_as="WeChat Pay",
    name=_("WeChat Pay"),
    merchant=("mch_id", "app_id"),
    books=Books(zone=timezone(timedelta(hours=8)), ready=timedelta(hours=11), grace=timedelta(days=2)),
    own_browser="MicroMessenger",
    app_schemes=frozenset({"weixin"}),
)
