"""The rows of a job's stored file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from accounts.imports.chunk import Chunk
from accounts.imports.errors import ImportRefused
from accounts.imports.layout import Layout
from accounts.imports.lines import LineIndex
from accounts.imports.rows import COLUMNS_MAX, Row, read_rows
from accounts.imports.vault import open_stored
from accounts.models import ImportJob

CHUNK_ROWS = 5_000


def layout_of(job: ImportJob) -> Layout:
    return Layout(**job.options["layout"])


def read_headers(name: str, layout: Layout) -> list[str]:
    with open_stored(name) as file:
        first = next(iter(read_rows(file, layout)), None)
        if first is None:
            raise ImportRefused(_("The file is empty. Upload a CSV or XLSX file with a header row."), field="file")
        headers = [cell.strip() for cell in first.cells]
        if first.flaw or len(headers) > COLUMNS_MAX:
            raise ImportRefused(
                _("The first row cannot be read as column headers. Is this a CSV or XLSX?"), field="file"
            )
        return headers


def data_rows(job: ImportJob) -> Iterator[Row]:
    """Every row after the header."""
    with open_stored(job.stored_path) as file:
        yield from islice(read_rows(file, layout_of(job)), 1, None)


def chunks_of(job: ImportJob, index: LineIndex, *, done: frozenset[int] = frozenset()) -> Iterator[Chunk]:
    """The chunks that are not in yet. Their numbers and limits depend on the file and the job alone."""
    rows, size, number = data_rows(job), job.options.get("chunk_rows", CHUNK_ROWS), 0
    while batch := list(islice(rows, size)):
        if number not in done:
            first, last = batch[0].line, batch[-1].line
            yield Chunk(number, batch, index.duplicates(first, last), index.repeats(first, last))
        number += 1
