"""Dates as creditors write them. The order of day and month is decided once for a column, never cell by cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.utils.translation import gettext as _

from accounts.imports.errors import BadValue

YMD, DMY, MDY, ROC, EXCEL = "ymd", "dmy", "mdy", "roc", "excel"
FORMATS = (YMD, DMY, MDY, ROC, EXCEL)
_ROC_EPOCH = 1911
_EXCEL_EPOCH = date(1899, 12, 30)
_REMEMBERED = 20_000
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_ROC_YEAR = re.compile(r"(?:民國|民国)?(\d{2,3})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_NAMED = re.compile(r"(\d{1,2})[\s-]*([A-Za-z]{3})[a-z]*\.?[\s,-]*(\d{4})")
_NAMED_US = re.compile(r"([A-Za-z]{3})[a-z]*\.?\s*(\d{1,2}),?\s*(\d{4})")
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?")
_TIME_OF_DAY = re.compile(r"[T\s]+\d{1,2}:\d{2}.*$")


def _clean(text: str) -> str:
    return _TIME_OF_DAY.sub("", unicodedata.normalize("NFKC", text).strip())


def _made(year: int | str, month: int | str, day: int | str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise BadValue(_("there is no such day in the calendar.")) from error


def _named(day: str, month: str, year: str) -> date:
    if month.lower() not in _MONTHS:
        raise BadValue(_("this is not a date. Write it like 2026-03-31."))
    return _made(year, _MONTHS.index(month.lower()) + 1, day)


def parse_date(text: str, *, order: str) -> date:
    """One date; what writes its year first or its month as a word reads the same in every order but ROC."""
    plain = _clean(text)
    if order == ROC and (found := _ROC_YEAR.fullmatch(plain)):
        return _made(int(found[1]) + _ROC_EPOCH, found[2], found[3])
    if order == EXCEL and (found := _SERIAL.fullmatch(plain)):
        return _EXCEL_EPOCH + timedelta(days=int(found[1]))
    if found := _YEAR_FIRST.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return _made(*found.groups())
    if found := _NAMED.fullmatch(plain):
        return _named(*found.groups())
    if found := _NAMED_US.fullmatch(plain):
        return _named(found[2], found[1], found[3])
    if order in (DMY, MDY) and (found := _YEAR_LAST.fullmatch(plain)):
        first, second, year = found.groups()
        return _made(year, second, first) if order == DMY else _made(year, first, second)
    raise BadValue(_("this is not a date in this column's form. Write it like 2026-03-31."))


def date_reader(order: str) -> Callable[[str], date]:
    """`read(text)` for many cells: dates repeat, so each spelling is read once."""
    remembered: dict[str, date] = {}

    def read(text: str) -> date:
        known = remembered.get(text)
        if known is not None:
            return known
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
        value = remembered[text] = parse_date(text, order=order)
        return value

    return read


def date_order(texts: Iterable[str]) -> str:
    """The order of a whole column, from every sampled value. BadValue when it cannot be told or is mixed."""
    days, months, undecided, roc, serials, plain = "", "", "", "", "", ""
    for text in map(_clean, texts):
        if found := _YEAR_LAST.fullmatch(text):
            first, second = int(found[1]), int(found[2])
            days, months = (days or text) if first > 12 else days, (months or text) if second > 12 else months
            undecided = undecided or text
        elif _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
            plain = text
        elif _ROC_YEAR.fullmatch(text):
            roc = roc or text
        elif _SERIAL.fullmatch(text):
            serials = serials or text
    if days and months:
        message = _("dates are written in two ways (“%(one)s” and “%(two)s”). Write all of them in one way.")
        raise BadValue(message % {"one": days, "two": months})
    if undecided:
        return _day_or_month_first(days, months, undecided)
    if roc:
        raise BadValue(_("“%s” has no four-digit year. If these are years of the Republic (民國), choose that.") % roc)
    return EXCEL if serials and not plain else YMD


def _day_or_month_first(days: str, months: str, undecided: str) -> str:
    if not days and not months:
        message = _("“%s” can be read day first or month first. Choose which.")
        raise BadValue(message % undecided)
    return DMY if days else MDY
