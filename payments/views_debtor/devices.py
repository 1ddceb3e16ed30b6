"""Where the person is looking at us."""

from __future__ import annotations

from django.http import HttpRequest

from wallets.providers.base import Channel

PHONES = ("Mobile", "Android", "iPhone", "iPad", "MicroMessenger")
# Words of the browsers inside wallets, and which wallet that is.
APPS = {"MicroMessenger": "wechat", "AlipayClient": "alipay"}


def channel_of(request: HttpRequest) -> Channel:
    agent = request.headers.get("User-Agent", "")
    return Channel.PHONE if any(word in agent for word in PHONES) else Channel.DESKTOP


def app_of(request: HttpRequest) -> str:
    """The key of the wallet inside whose own browser this is, or ""."""
    agent = request.headers.get("User-Agent", "")
    return next((key for word, key in APPS.items() if word in agent), "")
