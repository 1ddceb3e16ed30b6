"""The rows of a job's stored file."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts.imports.chunk import Chunk
from accounts.imports.csv_rows import csv_blocks, csv_header
from accounts.imports.errors import ImportRefused
from accounts.imports.layout import Layout
from accounts.imports.lines import LineIndex
from accounts.imports.rows import COLUMNS_MAX, Block, Row
from accounts.imports.sheets import sheet_blocks, sheet_header
from accounts.imports.vault import open_stored
from accounts.models import ImportJob

CHUNK_ROWS = 5_000
_READERS = {"csv": (csv_header, csv_blocks), "xlsx": (sheet_header, sheet_blocks)}


def layout_of(job: ImportJob) -> Layout:
    return Layout(**job.options["layout"])


def read_headers(name: str, layout: Layout) -> list[str]:
    read_header, _blocks = _READERS[layout.kind]
    with open_stored(name) as file:
        first = read_header(file, layout)
        if first is None:
            raise ImportRefused(_("The file is empty. Upload a CSV or XLSX file with a header row."), field="file")
        headers = [cell.strip() for cell in first.cells]
        if first.flaw or len(headers) > COLUMNS_MAX:
            raise ImportRefused(
                _("The first row cannot be read as column headers. Is this a CSV or XLSX?"), field="file"
            )
        return headers


def data_blocks(job: ImportJob) -> Iterator[Block]:
    """Every row after the header, in the blocks that become chunks."""
    layout = layout_of(job)
    _header, blocks = _READERS[layout.kind]
    with open_stored(job.stored_path) as file:
        yield from blocks(file, layout, size=job.options.get("chunk_rows", CHUNK_ROWS))


def data_rows(job: ImportJob) -> Iterator[Row]:
    return (row for block in data_blocks(job) for row in block.rows())


def chunks_of(job: ImportJob, index: LineIndex, *, done: frozenset[int] = frozenset()) -> Iterator[Chunk]:
    """The chunks that are not in yet. Their numbers and limits depend on the file and the job alone."""
    for number, block in enumerate(data_blocks(job)):
        if number not in done:
            first, last = index.limits[number]
            yield Chunk(number, block, index.duplicates(first, last), index.repeats(first, last))
