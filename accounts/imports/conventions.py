"""How a file writes amounts and dates, decided per column from a sample of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.imports.amounts import COMMA, POINT, decimal_of
from accounts.imports.dates import FORMATS, date_order
from accounts.imports.errors import BadValue
from accounts.imports.fields import AMOUNTS, BILLED, DATES, PAID
from accounts.imports.mapping import ColumnProblem
from accounts.imports.rows import Row
from common.money import exponent

SAMPLE_ROWS = 5_000


@dataclass
class Conventions:
    decimal: str = POINT
    orders: dict[str, str] = field(default_factory=dict)
    problems: list[ColumnProblem] = field(default_factory=list)


def find_conventions(
    sample: Sequence[Row], columns: dict[str, int], *, headers: list[str], options: dict[str, Any]
) -> Conventions:
    """What a person chose (`options["decimal"]`, `options["date_format"]`) is believed; the rest is read off.

    Where the rows alone settle nothing, what held for the creditor's last file of these columns holds again.
    """
    found = Conventions()
    _find_decimal(found, sample, columns, headers=headers, options=options)
    for name in DATES:
        if name in columns:
            _find_order(found, name, _cells(sample, columns[name]), header=headers[columns[name]], options=options)
    return found


def _cells(sample: Sequence[Row], position: int) -> list[str]:
    cells = (row.cells[position].strip() for row in sample if position < len(row.cells))
    return [cell for cell in cells if cell]


def _find_decimal(
    found: Conventions, sample: Sequence[Row], columns: dict[str, int], *, headers: list[str], options: dict[str, Any]
) -> None:
    chosen = options.get("decimal")
    if chosen in (POINT, COMMA):
        found.decimal = chosen
        return
    names = [name for name in columns if name in AMOUNTS or name.partition(":")[0] in (BILLED, PAID)]
    texts = [text for name in names for text in _cells(sample, columns[name])]
    try:
        found.decimal = decimal_of(texts, three_places=_three_places(sample, columns, options))
    except BadValue as error:
        if options.get("remembered_decimal"):
            found.decimal = options["remembered_decimal"]
            return
        where = ", ".join(headers[columns[name]] for name in names)
        found.problems.append(ColumnProblem(f"{where}: {error}", headers[columns[names[0]]]))


def _three_places(sample: Sequence[Row], columns: dict[str, int], options: dict[str, Any]) -> bool:
    used = set(_cells(sample, columns["currency"])) if "currency" in columns else set()
    return any(exponent(code.upper()) > 2 for code in {*used, str(options.get("currency") or "")})


def _find_order(found: Conventions, name: str, cells: list[str], *, header: str, options: dict[str, Any]) -> None:
    chosen = options.get("date_format")
    if chosen:
        if chosen not in FORMATS:
            text = _("There is no date form “%(chosen)s”. Choose one of %(known)s.")
            found.problems.append(ColumnProblem(text % {"chosen": chosen, "known": ", ".join(FORMATS)}, header))
        found.orders[name] = chosen
        return
    try:
        found.orders[name] = date_order(cells)
    except BadValue as error:
        remembered = (options.get("remembered_orders") or {}).get(name)
        if remembered:
            found.orders[name] = remembered
        else:
            found.problems.append(ColumnProblem(f"{header}: {error}", header))
