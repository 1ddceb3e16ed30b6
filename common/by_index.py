"""Statements that look rows up by index, one by one, so that a batch costs what it is and not what the table is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def read_by_index() -> None:
    """From here to the end of the transaction, which names its rows by key.

    Some hundreds of rows are a small part of a table, but not always small enough for the planner, which would read
    the whole of it; and of a table that grows while it is worked on, it knows only what it was.
    """
    _set(("enable_seqscan",), "off")


@contextmanager
def joined_by_index() -> Iterator[None]:
    """For the statements inside, which join few rows with big tables; the caller is in a transaction.

    Where something goes wrong inside, the end of the transaction or savepoint undoes it.
    """
    settings = ("enable_hashjoin", "enable_mergejoin")
    _set(settings, "off")
    yield
    _set(settings, "on")


def _set(settings: tuple[str, ...], to: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {setting} = {to}" for setting in settings))
