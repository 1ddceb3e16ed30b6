"""An XLSX file's first visible sheet as rows. The package is looked at before anything of it is unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import IO, Any

import openpyxl
from django.utils.translation import gettext as _

from accounts.imports.errors import ImportRefused
from accounts.imports.layout import Layout
from accounts.imports.rows import COLUMNS_MAX, NUL, Block, Row
from common.export import plain_cell

SHEET_ROWS_MAX = 1_048_576
UNPACKED_MAX, RATIO_MAX, STRINGS_MAX, PARTS_MAX = 1024**3, 200, 256 * 1024**2, 2_000


def sheet_header(file: IO[bytes], _layout: Layout) -> Row | None:
    """The first row that is not blank."""
    return next(_rows(file), None)


def sheet_blocks(file: IO[bytes], _layout: Layout, *, size: int) -> Iterator[Block]:
    """Every row after the header."""
    rows = islice(_rows(file), 1, None)
    while batch := list(islice(rows, size)):
        yield Block(batch[0].line, odd=batch)


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


def _rows(file: IO[bytes]) -> Iterator[Row]:
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
