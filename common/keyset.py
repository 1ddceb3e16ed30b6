"""Pages of a list by position, not by number: as fast on the last page as on the first, and nothing is shown twice."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`next` and `previous` are cursors for the address; empty at either end."""

    rows: list[Row]
    next: str = ""
    previous: str = ""


def page_of(rows: QuerySet[Row], *, order: Sequence[str], cursor: str = "", size: int = 25) -> Page[Row]:
    """One page in `order`: fields that are never NULL, the last one unique. A senseless cursor starts afresh."""
    backward, position = _read(cursor, len(order))
    directed = [_flip(name) for name in order] if backward else list(order)
    ordered = rows.order_by(*directed)
    try:
        found = list((ordered.filter(_after(directed, position)) if position else ordered)[: size + 1])
    except (ValidationError, ValueError, TypeError):
        backward, position, found = False, None, list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backward:
        found.reverse()
    return Page(
        rows=found,
        next=_write("n", found[-1], order) if found and (more or backward) else "",
        previous=_write("p", found[0], order) if found and (more if backward else position) else "",
    )


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _after(order: Sequence[str], position: Sequence[Any]) -> Q:
    """Strictly after the position: the first field that differs decides. That the first is not before it follows from
    the rest, but an index can begin there."""
    condition, equal = Q(), Q()
    for name, value in zip(order, position, strict=True):
        field = name.lstrip("-")
        condition |= equal & Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{field: value})
    first = order[0]
    return Q(**{f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}": position[0]}) & condition


def _write(direction: str, row: Model, order: Sequence[str]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in order]
    text = json.dumps([direction, *values], cls=DjangoJSONEncoder, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, length: int) -> tuple[bool, list[Any] | None]:
    try:
        direction, *position = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        return False, None
    if direction not in ("n", "p") or len(position) != length:
        return False, None
    return direction == "p", position
