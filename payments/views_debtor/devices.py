"""Where the person is looking at us."""

from __future__ import annotations

from django.http import HttpRequest

from wallets.providers.base import Channel

PHONES = ("Mobile", "Android", "iPhone", "iPad", "MicroMessenger")


def channel_of(request: HttpRequest) -> Channel:
    agent = request.headers.get("User-Agent", "")
    return Channel.PHONE if any(word in agent for word in PHONES) else Channel.DESKTOP
