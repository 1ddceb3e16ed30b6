"""The first pass over a file: how many rows there are, which references repeat, whose person was met before.

The answers live in a temporary table of this session, not in memory: a file may have millions of rows.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import connection

from accounts.imports.plan import ReadingPlan
from accounts.imports.rows import Row
from accounts.imports.staging import copy_text

_BATCH = 20_000
_CREATE = "CREATE TEMP TABLE import_lines (line integer, account text, customer text)"
# Only what is special is kept: a file in order leaves both tables empty.
_FIND = """
    CREATE TEMP TABLE import_duplicates AS
        SELECT line, first FROM (
            SELECT line, first_value(line) OVER (PARTITION BY account ORDER BY line) AS first FROM import_lines
            WHERE account IN (SELECT account FROM import_lines WHERE account <> '' GROUP BY account HAVING count(*) > 1)
        ) numbered WHERE line <> first;
    CREATE TEMP TABLE import_repeats AS
        SELECT line FROM (
            SELECT line, first_value(line) OVER (PARTITION BY customer ORDER BY line) AS first FROM import_lines
            WHERE customer IN (
                SELECT customer FROM import_lines WHERE customer <> '' GROUP BY customer HAVING count(*) > 1)
        ) numbered WHERE line <> first;
    DROP TABLE import_lines;
    CREATE INDEX ON import_duplicates (line);
    CREATE INDEX ON import_repeats (line);
"""
_DROP = "DROP TABLE IF EXISTS pg_temp.import_lines, pg_temp.import_duplicates, pg_temp.import_repeats"


class LineIndex:
    """What the first pass found. One at a time per session; leaving it frees the tables."""

    def __init__(self, rows: Iterable[Row], plan: ReadingPlan) -> None:
        account = plan.columns.get("account_reference", -1)
        customer = plan.columns.get("customer_reference", account)
        with connection.cursor() as cursor:
            cursor.execute(_DROP)
            cursor.execute(_CREATE)
            self.rows = sum(_copy(cursor, batch) for batch in _batches(rows, account, customer))
            cursor.execute("ANALYZE import_lines")
            cursor.execute(_FIND)

    def duplicates(self, first: int, last: int) -> dict[int, int]:
        return dict(
            self._between("SELECT line, first FROM import_duplicates WHERE line BETWEEN %s AND %s", first, last)
        )

    def repeats(self, first: int, last: int) -> frozenset[int]:
        found = self._between("SELECT line FROM import_repeats WHERE line BETWEEN %s AND %s", first, last)
        return frozenset(line for (line,) in found)

    @staticmethod
    def _between(sql: str, first: int, last: int) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, [first, last])
            return cursor.fetchall()

    def __enter__(self) -> LineIndex:
        return self

    def __exit__(self, *_error: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_DROP)


def _batches(rows: Iterable[Row], account: int, customer: int) -> Iterator[list[str]]:
    lines = (_line(row, account, customer) for row in rows)
    return iter(lambda: list(islice(lines, _BATCH)), [])


def _line(row: Row, account: int, customer: int) -> str:
    width = len(row.cells)
    reference = row.cells[account].strip() if account < width and not row.flaw else ""
    person = row.cells[customer].strip() if customer < width and not row.flaw else ""
    return f"{row.line}\t{copy_text(reference)}\t{copy_text(person)}\n"


def _copy(cursor: Any, lines: list[str]) -> int:
    cursor.copy_expert("COPY import_lines FROM STDIN", io.StringIO("".join(lines)))
    return len(lines)
