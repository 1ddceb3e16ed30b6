"""The columns of some rows, read as wholes; rows with a cell that is not plain are noted as doubtful."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from accounts.imports.amounts import Amounts
from accounts.imports.errors import BadValue

_REMEMBERED = 20_000
# The answer for a cell that only the row parser can judge.
DOUBT: Any = object()


class Meanings(dict[str, Any]):
    """`meanings[cell]` -> what the cell says, None when it is empty; each spelling is read once."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read, self.doubts = read, False

    def __missing__(self, cell: str) -> Any:
        if len(self) >= _REMEMBERED:
            self.clear()
        value = self[cell] = self._value(cell.strip())
        return value

    def _value(self, text: str) -> Any:
        try:
            return self._read(text) if text else None
        except BadValue:
            self.doubts = True
            return DOUBT


@cache
def _plain_amounts(decimal: str, places: int) -> re.Pattern[str]:
    """Amounts, a line each, written with nothing but digits and the decimal mark."""
    one = rf"[0-9]{{1,12}}{re.escape(decimal)}[0-9]{{{places}}}" if places else "[0-9]{1,12}"
    return re.compile(rf"{one}(?:\n{one})*")


class Columns:
    """`at` is field -> column. What is read has an answer for each row; a doubtful row's answer means nothing."""

    def __init__(self, cells: Sequence[Sequence[str]], at: dict[str, int]) -> None:
        self.size, self.at = len(cells), at
        self.doubtful: set[int] = set()
        self._columns = list(zip(*cells, strict=True))

    def texts(self, name: str, limit: int) -> list[str]:
        """Stripped; longer ones and those with control characters are doubtful."""
        if name not in self.at:
            return [""] * self.size
        texts = list(map(str.strip, self._columns[self.at[name]]))
        if max(map(len, texts)) > limit or not "".join(texts).isprintable():
            self.doubt(len(text) > limit or not text.isprintable() for text in texts)
        return texts

    def said(self, name: str, meanings: Meanings) -> list[Any]:
        """The value of each cell; None where it is empty."""
        if name not in self.at:
            return [None] * self.size
        values = list(map(meanings.__getitem__, self._columns[self.at[name]]))
        if meanings.doubts:
            self.doubt(value is DOUBT for value in values)
        return values

    def amounts(self, place: int, amounts: Amounts) -> list[int | None]:
        """Minor units; None where the cell is empty or `place` is no column."""
        if place < 0:
            return [None] * self.size
        column = self._columns[place]
        text = "\n".join(column)
        if _plain_amounts(amounts.decimal, amounts.places).fullmatch(text):
            plain = text.replace(amounts.decimal, "") if amounts.places else text
            minor: list[int | None] = list(map(int, plain.split("\n")))
            if len(minor) == self.size:
                return minor
        return [self._amount(row, cell, amounts) for row, cell in enumerate(column)]

    def _amount(self, row: int, cell: str, amounts: Amounts) -> int | None:
        try:
            return amounts[cell]
        except BadValue:
            self.doubtful.add(row)
            return None

    def lists(self, names: Sequence[str], read: Callable[[str], list[str]]) -> list[list[str]]:
        """Everything the columns of these names hold, in their order."""
        found: list[list[str]] = [[] for _ in range(self.size)]
        for name in names:
            for row, cell in enumerate(map(str.strip, self._columns[self.at[name]])):
                try:
                    found[row] += read(cell) if cell else ()
                except BadValue:
                    self.doubtful.add(row)
        return found

    def doubt(self, verdicts: Iterable[bool]) -> None:
        """One for each row: whether only the row parser can judge it."""
        self.doubtful.update(row for row, doubtful in enumerate(verdicts) if doubtful)
