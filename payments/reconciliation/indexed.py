"""Joins that look a day's rows up by index, one by one, so that a day's cost is the day's and not the ledger's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# A day is a small part of a year, but not small enough for the planner, which would read whole tables to join it.
WHOLE_TABLE_JOINS = ("enable_hashjoin", "enable_mergejoin")


@contextmanager
def joined_by_index() -> Iterator[None]:
    """For the statements inside; the caller is in a transaction."""
    _set("off")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            _set("on")


def _set(to: str) -> None:
    with connection.cursor() as cursor:
        for setting in WHOLE_TABLE_JOINS:
            cursor.execute(f"SET LOCAL {setting} = {to}")
