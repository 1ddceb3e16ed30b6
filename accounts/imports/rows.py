"""Rows of a stored file, each with the physical line it starts on, and the blocks they come in."""

from __future__ import annotations

import csv
import io
import marshal
from collections.abc import Sequence
from itertools import repeat
from typing import Any, NamedTuple

from common.export import plain_cell

COLUMNS_MAX = 300
NUL, UNREADABLE, HUGE = "nul", "unreadable", "huge"


class Row(NamedTuple):
    """`line` is where the row starts, `last_line` where it ends; `flaw` says why its text cannot be used."""

    line: int
    cells: list[str]
    flaw: str = ""
    last_line: int = 0


class Block(NamedTuple):
    """Some rows in a row. `text` holds them when each physical line is one row; otherwise `odd` does."""

    first_line: int
    text: str = ""
    delimiter: str = ","
    odd: Sequence[Row] = ()

    def rows(self) -> list[Row]:
        """Those that are not blank."""
        if self.odd:
            return list(self.odd)
        cells = list(csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter))
        if "'" in self.text:
            cells = [[plain_cell(cell) for cell in row] for row in cells]
        numbers = range(self.first_line, self.first_line + len(cells))
        rows = map(Row._make, zip(numbers, cells, repeat(""), numbers, strict=False))
        return [row for row in rows if any(row.cells)]

    def references(self, account: int, customer: int) -> list[tuple[int, str, str]]:
        """(line, account reference, customer reference) of each row, "" where there is none."""
        if self.odd or '"' in self.text or "'" in self.text:
            return [_references(row, account, customer) for row in self.rows()]
        # Only the beginning of each line is taken apart: most of reading a file is its other cells.
        cuts, blank = max(account, customer) + 1, f"{self.delimiter}\r\n"
        rows = enumerate(io.StringIO(self.text, newline=""), self.first_line)
        return [
            _references(Row(number, line.rstrip("\r\n").split(self.delimiter, cuts)), account, customer)
            for number, line in rows
            if line.strip(blank)
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process in a third of the time pickle takes for as many small tuples."""
        odd = marshal.dumps([tuple(row) for row in self.odd])
        return _block_from, (self.first_line, self.text, self.delimiter, odd)


def _references(row: Row, account: int, customer: int) -> tuple[int, str, str]:
    cells, width = row.cells, 0 if row.flaw else len(row.cells)
    return (
        row.line,
        cells[account].strip() if 0 <= account < width else "",
        cells[customer].strip() if 0 <= customer < width else "",
    )


def _block_from(first_line: int, text: str, delimiter: str, odd: bytes) -> Block:
    rows = map(Row._make, marshal.loads(odd))  # noqa: S302 - from our own process, as in pool
    return Block(first_line, text, delimiter, list(rows))
