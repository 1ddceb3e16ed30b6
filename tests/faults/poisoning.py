"""Rows that cannot be written, whoever writes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_POISON = """
    CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'this row cannot be written'; END $$;
    CREATE TRIGGER poison BEFORE {event} ON {table} FOR EACH ROW WHEN ({row}) EXECUTE FUNCTION poison();
"""


@contextmanager
def poisoned(event: str, table: str, row: str) -> Iterator[None]:
    """The database itself refuses such a row, whoever writes it, as a damaged page or a spoilt rule would."""
    with connection.cursor() as cursor:
        cursor.execute(_POISON.format(event=event, table=table, row=row))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER poison ON {table}; DROP FUNCTION poison()")
