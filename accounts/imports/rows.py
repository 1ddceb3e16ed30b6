"""The rows of a stored file, one at a time, each with the physical line it starts on."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any, NamedTuple

import openpyxl
from django.utils.translation import gettext as _

from accounts.imports.errors import ImportRefused
from accounts.imports.layout import Layout
from common.export import BOM, plain_cell

COLUMNS_MAX, SHEET_ROWS_MAX = 300, 1_048_576
UNPACKED_MAX, RATIO_MAX, STRINGS_MAX, PARTS_MAX = 1024**3, 200, 256 * 1024**2, 2_000
NUL, UNREADABLE, HUGE = "nul", "unreadable", "huge"


class Row(NamedTuple):
    """`line` is where the row starts, `last_line` where it ends; `flaw` says why its text cannot be used."""

    line: int
    cells: list[str]
    flaw: str = ""
    last_line: int = 0


class _Lines:
    """Physical lines on their way into the CSV reader, watched for text no cell may hold."""

    def __init__(self, text: IO[str]) -> None:
        self._text = iter(text)
        self.flaw = ""
        self.apostrophe = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        if "\0" in line:
            self.flaw = NUL
        elif not line.isascii() and "\ufffd" in line:
            self.flaw = UNREADABLE
        self.apostrophe = self.apostrophe or "'" in line
        return line


def read_rows(file: IO[bytes], layout: Layout) -> Iterator[Row]:
    """Every row that is not blank, the header first."""
    return _read_sheet(file) if layout.kind == "xlsx" else _read_csv(file, layout)


def _read_csv(file: IO[bytes], layout: Layout) -> Iterator[Row]:
    lines = _Lines(io.TextIOWrapper(file, encoding=layout.codec, errors="replace", newline=""))
    reader = csv.reader(lines, delimiter=layout.delimiter)
    while True:
        line = reader.line_num + 1
        lines.flaw, lines.apostrophe = "", False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(line, [], HUGE, reader.line_num)
            continue
        if lines.apostrophe:
            cells = [plain_cell(cell) for cell in cells]
        if line == 1 and cells:
            cells[0] = cells[0].removeprefix(BOM)
        if any(cells):
            yield Row(line, cells, lines.flaw, reader.line_num)


def _check_package(file: IO[bytes]) -> None:
    """Refuse packages built to fill the memory or the disk before anything of them is unpacked."""
    try:
        parts = zipfile.ZipFile(file).infolist()
    except zipfile.BadZipFile as error:
        raise ImportRefused(_("This XLSX file is damaged. Save it again and upload that."), field="file") from error
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        message = _("This file is a package, but no XLSX table. Upload the table itself as CSV or XLSX.")
        raise ImportRefused(message, field="file")
    total = sum(part.file_size for part in parts)
    strings = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    squeezed = any(part.file_size > 1_000_000 and part.file_size > RATIO_MAX * part.compress_size for part in parts)
    if len(parts) > PARTS_MAX or total > UNPACKED_MAX or strings > STRINGS_MAX or squeezed:
        raise ImportRefused(_("This XLSX file unpacks to far more than it holds. Export it as CSV."), field="file")


def _read_sheet(file: IO[bytes]) -> Iterator[Row]:
    _check_package(file)
    file.seek(0)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet: Any = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
        sheet.reset_dimensions()
        for number, values in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX, values_only=True), 1):
            if number > SHEET_ROWS_MAX:
                raise ImportRefused(_("The sheet has too many rows. Export it as CSV."), field="file")
            cells = [plain_cell(_cell_text(value)) for value in values]
            if any(cells):
                yield _sheet_row(number, cells)
    except (ImportRefused, GeneratorExit):
        raise
    except Exception as error:  # openpyxl raises whatever its XML, zip and type code raises
        message = _("This XLSX file cannot be read. Save it again, or export it as CSV.")
        raise ImportRefused(message, field="file") from error


def _sheet_row(number: int, cells: list[str]) -> Row:
    while cells and not cells[-1]:
        cells.pop()
    flaw = NUL if any("\0" in cell for cell in cells) else ""
    return Row(number, cells, flaw, number)


def _cell_text(value: Any) -> str:
    """A cell as a person reads it; numbers with the 15 digits a spreadsheet shows."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        text = format(value, ".15g")
        return format(int(value), "d") if "e" in text and value.is_integer() else text
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value).strip()
