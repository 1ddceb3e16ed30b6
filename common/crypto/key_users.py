"""Who seals with the data keys besides the database's columns. An app that keeps sealed files registers here, so that
no key is dropped that a file still needs."""

from __future__ import annotations

from collections.abc import Callable

_USERS: dict[str, Callable[[], set[str]]] = {}


def register(name: str, key_ids: Callable[[], set[str]]) -> None:
    """`key_ids` tells which data keys are still needed; `name` is said when one is kept for it."""
    _USERS[name] = key_ids


def users_of(key_id: str) -> list[str]:
    return [name for name, key_ids in _USERS.items() if key_id in key_ids()]
