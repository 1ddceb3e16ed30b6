"""Parts of the page frames: navigation, language switch, sandbox clock."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.utils.translation import get_language

from common import clock, navigation

register = template.Library()

# Each language in its own script and its own word for itself.
OWN_NAMES = {"en": "English", "zh-hans": "中文", "zh-hant": "繁體中文", "es": "Español"}


@register.inclusion_tag("components/side_navigation.html", takes_context=True)
def side_navigation(context: Context) -> dict[str, Any]:
    request = context.get("request")
    if request is None:
        return {"sections": []}
    links = navigation.links_for(getattr(request, "user", None), request.path)
    return {"sections": [(name, list(group)) for name, group in groupby(links, key=lambda link: link.section)]}


@register.inclusion_tag("components/language_switch.html", takes_context=True)
def language_switch(context: Context) -> dict[str, Any]:
    active = get_language() or settings.LANGUAGE_CODE
    request = context.get("request")
    languages = [(code, OWN_NAMES.get(code, str(name)), code == active) for code, name in settings.LANGUAGES]
    return {"languages": languages, "next": request.get_full_path() if request else "/", "request": request}


@register.inclusion_tag("components/sandbox_bar.html", takes_context=True)
def sandbox_bar(context: Context) -> dict[str, Any]:
    """The strip that says nothing here is real; empty outside sandbox mode."""
    sandbox = getattr(settings, "SANDBOX", False)
    request = context.get("request")
    role = getattr(getattr(request, "user", None), "role", "")
    agent = request.headers.get("User-Agent", "") if request else ""
    return {
        "sandbox": sandbox,
        # A browser that calls itself WeChat's lacks what WeChat puts into pages; the sandbox has a stand-in.
        "wallet_script": f"{settings.WALLET_SANDBOX_URL}/assets/weixin_bridge.js" if "MicroMessenger" in agent else "",
        "now": clock.now() if sandbox else None,
        "may_move": role == "admin",
        "request": request,
    }


@register.filter
def initials(user: Any) -> str:
    name = (user.get_full_name() if hasattr(user, "get_full_name") else "") or str(user)
    words = name.replace(".", " ").replace("@", " ").split()
    return "".join(word[0] for word in words[:2]).upper()
