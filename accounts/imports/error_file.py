"""The rows that were left out, as they were given, each with its reasons: made to be fixed and uploaded again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from accounts.imports.mapping import LINE_HEADER, REASON_HEADER
from accounts.imports.source import data_rows
from accounts.imports.vault import VaultWriter, open_stored
from accounts.imports.wording import reworded
from accounts.models import ImportJob
from common.errors import NotFound
from common.export import write_csv

# Between two reasons of one row; a blank would hide where one ends.
REASON_MARK = " / "


def write_error_file(job: ImportJob) -> str:
    """The stored file's name, empty when no row was left out. Reasons come first, so odd widths stay as they are."""
    if not job.line_problems.exists():
        return ""
    writer = VaultWriter()
    with io.TextIOWrapper(
        io.BufferedWriter(writer),  # type: ignore[type-var]
        encoding="utf-8",
        newline="",
    ) as file:
        write_csv(file, [LINE_HEADER, REASON_HEADER, *job.options["headers"]], _bad_rows(job))
    return writer.name


def _bad_rows(job: ImportJob) -> Iterator[list[str]]:
    """Two sorted streams walked together: the problems and the file."""
    problems = job.line_problems.order_by("line").values_list("line", "reasons").iterator()
    line, reasons = next(problems, (0, ""))
    for row in data_rows(job):
        if row.line == line:
            yield [str(line), reasons.replace("\n", REASON_MARK), *row.cells]
            line, reasons = next(problems, (0, ""))


def error_file_parts(job: ImportJob) -> Iterator[bytes]:
    """The error file for whoever asks now, piece by piece: its reasons are in the language that is active."""
    if not job.error_file:
        raise NotFound(_("No row was left out: there is no error file."))
    return _parts(job.error_file, get_language() or "en")


def _parts(name: str, language: str) -> Iterator[bytes]:
    with io.TextIOWrapper(open_stored(name), encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        yield _line(next(rows))
        for line, reasons, *cells in rows:
            # Never left active across a yield: the next piece may be asked for by another request's thread.
            with override(language):
                told = REASON_MARK.join(reworded(reason) for reason in reasons.split(REASON_MARK))
            yield _line([line, told, *cells])


def _line(cells: list[str]) -> bytes:
    """The cells are safe already: they were when the file was written."""
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
