"""A CSV file in blocks. Where each line is one row it is handed on as text, to be taken apart where it is needed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import IO

from accounts.imports.layout import Layout
from accounts.imports.rows import HUGE, NUL, UNREADABLE, Block, Row
from common.export import BOM, plain_cell

_REPLACED = "\ufffd"


def csv_header(file: IO[bytes], layout: Layout) -> Row | None:
    """The first row that is not blank."""
    return next(_rows(_text(file, layout), layout.delimiter), None)


def csv_blocks(file: IO[bytes], layout: Layout, *, size: int) -> Iterator[Block]:
    """Every row after the header. Where a block begins and ends depends on the file and on `size` alone."""
    text = _text(file, layout)
    header = next(_rows(text, layout.delimiter), None)
    number = header.last_line if header else 0
    while lines := list(islice(text, size)):
        if _one_row_a_line(lines, layout.delimiter):
            yield Block(number + 1, "".join(lines), layout.delimiter)
            number += len(lines)
        # As many rows as lines were taken run at least as far as these lines, so none of them is left over.
        elif odd := list(islice(_rows(chain(lines, text), layout.delimiter, before=number), size)):
            yield Block(odd[0].line, odd=odd)
            number = odd[-1].last_line


def _text(file: IO[bytes], layout: Layout) -> IO[str]:
    return io.TextIOWrapper(file, encoding=layout.codec, errors="replace", newline="")


def _one_row_a_line(lines: list[str], delimiter: str) -> bool:
    """Whether nothing in these lines is flawed, too long, or quoted past the end of its line."""
    text = "".join(lines)
    if "\0" in text or _REPLACED in text or max(map(len, lines)) > csv.field_size_limit():
        return False
    if '"' not in text:
        return True
    try:
        return sum(1 for _row in csv.reader(lines, delimiter=delimiter, strict=True)) == len(lines)
    except csv.Error:
        return False


def _rows(text: Iterable[str], delimiter: str, *, before: int = 0) -> Iterator[Row]:
    """Rows that are not blank, however they are quoted; `before` is how many lines of the file came before."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line = before + reader.line_num + 1
        lines.flaw, lines.apostrophe = "", False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(line, [], HUGE, before + reader.line_num)
            continue
        if lines.apostrophe:
            cells = [plain_cell(cell) for cell in cells]
        if line == 1 and cells:
            cells[0] = cells[0].removeprefix(BOM)
        if any(cells):
            yield Row(line, cells, lines.flaw, before + reader.line_num)


class _Lines:
    """Physical lines on their way into the CSV reader, watched for text no cell may hold."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self.flaw = ""
        self.apostrophe = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        if "\0" in line:
            self.flaw = NUL
        elif not line.isascii() and _REPLACED in line:
            self.flaw = UNREADABLE
        self.apostrophe = self.apostrophe or "'" in line
        return line
