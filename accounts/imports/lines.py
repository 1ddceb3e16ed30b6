"""The first pass over a file: how many rows there are, which references repeat, whose person was met before.

The answers live in a temporary table of this session, not in memory: a file may have millions of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import starmap
from typing import Any

from django.db import connection

from accounts.imports.plan import ReadingPlan
from accounts.imports.rows import Block
from accounts.imports.staging import copy_text

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
    """What the first pass found. One at a time per session; leaving it frees the tables.

    `limits` are the lines where the first and the last row of each block begin.
    """

    def __init__(self, blocks: Iterable[Block], plan: ReadingPlan) -> None:
        account = plan.columns.get("account_reference", -1)
        customer = plan.columns.get("customer_reference", account)
        self.rows = 0
        self.limits: list[tuple[int, int]] = []
        with connection.cursor() as cursor:
            cursor.execute(_DROP)
            cursor.execute(_CREATE)
            stream = _Stream(self._noted(block, account, customer) for block in blocks)
            cursor.copy_expert("COPY import_lines FROM STDIN", stream)
            stream.raise_error()
            cursor.execute("ANALYZE import_lines")
            cursor.execute(_FIND)

    def _noted(self, block: Block, account: int, customer: int) -> str:
        rows = block.references(account, customer)
        self.rows += len(rows)
        self.limits.append((block.first_line, rows[-1][0] if rows else block.first_line))
        return "".join(starmap(_line, rows))

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


class _Stream:
    """A file for COPY: the server reads one text while the next is made. What goes wrong here ends it early."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = filter(None, texts)
        self._error: Exception | None = None

    def read(self, _size: int) -> str:
        try:
            return next(self._texts, "")
        except Exception as error:  # COPY would raise one of its own in its place
            self._error = error
            return ""

    def raise_error(self) -> None:
        if self._error:
            raise self._error


def _line(line: int, account: str, customer: str) -> str:
    return f"{line}\t{copy_text(account)}\t{copy_text(customer)}\n"
