"""The left navigation: apps register entries in AppConfig.ready, the frame shows what the role allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

ALL_ROLES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NavItem:
    """`roles` empty means every signed-in person; `section` groups entries under a small heading."""

    label: str | Promise
    url_name: str
    icon: str
    order: int = 100
    roles: frozenset[str] = ALL_ROLES
    section: str | Promise = ""


@dataclass(frozen=True, slots=True)
class NavLink:
    label: str
    url: str
    icon: str
    section: str
    current: bool


_items: dict[str, NavItem] = {}


def register(item: NavItem) -> None:
    """Add an entry; registering the same url name again replaces it."""
    _items[item.url_name] = item


def allows(item: NavItem, user: Any) -> bool:
    if not getattr(user, "is_authenticated", False):
        return False
    return not item.roles or getattr(user, "is_superuser", False) or getattr(user, "role", "") in item.roles


def links_for(user: Any, path: str = "") -> list[NavLink]:
    """Entries this person may open, in order, the longest match of `path` marked current."""
    items = sorted((item for item in _items.values() if allows(item, user)), key=lambda item: item.order)
    urls = {item.url_name: address(item) for item in items}
    found = [url for url in urls.values() if url and is_under(path, url)]
    current = max(found, key=len, default="")
    return [
        NavLink(str(item.label), url, item.icon, str(item.section), url == current)
        for item in items
        if (url := urls[item.url_name])
    ]


def address(item: NavItem) -> str:
    """Empty when the page is not installed, so a missing app hides its entry instead of breaking every page."""
    try:
        return reverse(item.url_name)
    except NoReverseMatch:
        return ""


def is_under(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))
