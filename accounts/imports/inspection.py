"""Columns before rows: does the mapping hold, and how are amounts and dates written?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from accounts.imports.conventions import SAMPLE_ROWS, find_conventions
from accounts.imports.errors import BadValue
from accounts.imports.mapping import ColumnProblem, mapping_problems
from accounts.imports.parser import RowParser
from accounts.imports.places import parse_country, parse_currency, parse_language
from accounts.imports.plan import ReadingPlan, positions
from accounts.imports.record import Record
from accounts.imports.source import data_rows
from accounts.models import ImportJob, Portfolio
from common.clock import today

PREVIEW_ROWS = 10
# What a person may choose for a whole file, each with how it is read.
_CHOICES: dict[str, Callable[[str], str]] = {
    "currency": parse_currency,
    "country": parse_country,
    "language": parse_language,
}


def inspect(job: ImportJob) -> tuple[ReadingPlan | None, list[ColumnProblem]]:
    """The plan to read the file by, or what has to be settled first."""
    headers: list[str] = job.options["headers"]
    problems = mapping_problems(headers, job.columns)
    if problems:
        return None, problems
    columns = positions(headers, job.columns)
    sample = list(islice(data_rows(job), SAMPLE_ROWS))
    if not sample:
        return None, [ColumnProblem(_("The file has a header but no rows."))]
    options = job.options.get("chosen", {}) | job.options.get("remembered", {})
    found = find_conventions(sample, columns, headers=headers, options=options)
    chosen = _read_choices(job, found.problems)
    if "currency" not in columns and not chosen["currency"]:
        found.problems.append(ColumnProblem(_("No column gives the currency. Choose one for all rows.")))
    if found.problems:
        return None, found.problems
    plan = ReadingPlan(
        headers=headers,
        columns=columns,
        decimal=found.decimal,
        orders=found.orders,
        as_of=_as_of(job),
        today=today(),
        payments_included=str(options.get("payments_included") or ""),
        **chosen,
    )
    return plan, []


def _read_choices(job: ImportJob, problems: list[ColumnProblem]) -> dict[str, str]:
    options: dict[str, Any] = job.options.get("chosen", {})
    read: dict[str, str] = {"country": "", "currency": "", "language": ""}
    for name, reader in _CHOICES.items():
        try:
            read[name] = reader(options[name]) if options.get(name) else ""
        except BadValue as error:
            problems.append(ColumnProblem(f"{options[name]}: {error}"))
    read["country"] = read["country"] or job.creditor.country
    return read


def _as_of(job: ImportJob) -> date:
    """The day from which days past due count: chosen, or the day of the placement."""
    chosen = job.options.get("chosen", {}).get("as_of")
    if chosen:
        return date.fromisoformat(chosen)
    name = job.options["portfolio_name"]
    placed = Portfolio.objects.filter(creditor=job.creditor, name=name).values_list("placed_on", flat=True).first()
    return placed or today()


def preview(job: ImportJob, count: int = PREVIEW_ROWS) -> list[tuple[int, Record | list[str]]]:
    """The first rows as they will be understood, each with its line; nothing is kept of it."""
    if "plan" not in job.options:
        return []
    parser = RowParser(ReadingPlan.from_json(job.options["plan"]))
    return [(row.line, parser.parse(row)) for row in islice(data_rows(job), count)]
