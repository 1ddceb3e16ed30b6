"""Alipay (mainland open platform): payment pages, QR, refunds, bills and 周期扣款 agreements."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from wallets.providers.alipay.gateway import ALIPAY_ZONE
from wallets.providers.alipay.settings import build
from wallets.providers.facts import Books, Facts

__all__ = ["FACTS", "build"]

FACTS = Facts(
    known_as="Alipay",
    name=_("Alipay"),
    merchant=("app_id", "seller_id"),
    books=Books(zone=ALIPAY_ZONE, ready=timedelta(hours=10), grace=timedelta(days=2)),
    own_browser="AlipayClient",
    app_schemes=frozenset({"alipays"}),
)
