"""Cells that leave for a spreadsheet: nothing in them may run as a formula there."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import IO

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HARMLESS_NUMBER = re.compile(r"-?\d[\d.,]*")
BOM = "\ufeff"


def safe_cell(value: object) -> str:
    """The value as text, with an apostrophe before anything a spreadsheet would take for a formula."""
    text = "" if value is None else str(value)
    if text.startswith(_STARTS_A_FORMULA) and not _HARMLESS_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def plain_cell(text: str) -> str:
    """What `safe_cell` was given, for files of ours that come back."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_STARTS_A_FORMULA) else text


def write_csv(file: IO[str], header: Sequence[object], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV that spreadsheets open as UTF-8 (the file must be opened with `newline=""`). Returns the rows."""
    file.write(BOM)
    writer = csv.writer(file)
    writer.writerow([safe_cell(cell) for cell in header])
    count = 0
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        count += 1
    return count
