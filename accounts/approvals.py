"""Everything that waits for a second person, in one list: each app registers where its own waits.

The list only leads there. Each page keeps its own rules and its own button, and none offers it to whoever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from accounts.models import User
from accounts.roles import may

MOST_OF_A_KIND = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """`asked_by` None: a machine, or the person themselves."""

    about: str
    href: str
    asked_by: User | None
    asked_at: datetime
    kind: str | Promise = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """`action`: who may decide, as in `accounts.roles`. `find` gives at most that many, the oldest first."""

    name: str
    kind: str | Promise
    action: str
    find: Callable[[int], Iterable[Waiting]]


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    _sources[source.name] = source


def waiting_for(user: User) -> list[Waiting]:
    """What this person's role may decide, the longest waiting first; what they asked for themselves says so."""
    found = [
        Waiting(one.about, one.href, one.asked_by, one.asked_at, source.kind, one.asked_by == user)
        for source in _sources.values()
        if may(user, source.action)
        for one in source.find(MOST_OF_A_KIND)
    ]
    return sorted(found, key=lambda one: one.asked_at)
