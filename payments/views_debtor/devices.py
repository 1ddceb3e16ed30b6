"""Where the person is looking at us."""

from __future__ import annotations

from django.http import HttpRequest

from wallets.providers.base import Channel
from wallets.providers.registry import every_facts

PHONES = ("Mobile", "Android", "iPhone", "iPad")


def channel_of(request: HttpRequest) -> Channel:
    """Inside a wallet's app it is as on a phone, wherever the app runs."""
    agent = request.headers.get("User-Agent", "")
    on_phone = any(word in agent for word in PHONES) or app_of(request)
    return Channel.PHONE if on_phone else Channel.DESKTOP


def app_of(request: HttpRequest) -> str:
    """The key of the wallet inside whose own browser this is, or ""."""
    agent = request.headers.get("User-Agent", "")
    known = ((key, facts.own_browser) for key, facts in every_facts().items())
    return next((key for key, word in known if word and word in agent), "")
