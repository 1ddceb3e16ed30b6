"""The rows that were left out, as they were given, each with its reasons: made to be fixed and uploaded again."""

from __future__ import annotations

import io
from collections.abc import Iterator

from accounts.imports.mapping import LINE_HEADER, REASON_HEADER
from accounts.imports.source import data_rows
from accounts.imports.vault import VaultWriter
from accounts.models import ImportJob
from common.export import write_csv


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
            yield [str(line), reasons.replace("\n", " "), *row.cells]
            line, reasons = next(problems, (0, ""))
