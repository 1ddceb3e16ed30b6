"""Amounts as creditors write them, into minor units: 1,234.50 and 1.234,50 and 1 234,50 and 1'234.50 and (12.00)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.imports.errors import BadValue
from common.money import exponent

MINOR_MAX = 10**15
_REMEMBERED = 20_000
POINT, COMMA = ".", ","
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f_]+")
_BARE = re.compile(
    r"(?P<open>\()?(?P<sign>[+-])?(?:[A-Za-z]{2,3})?[$€£¥₹₩₱฿₫₦元]?(?P<sign2>[+-])?"
    r"(?P<body>\d[\d.,']*|\.\d+)"
    r"(?:[A-Za-z]{3}|[$€£¥₹₩₱฿₫₦元])?(?P<trail>-)?(?P<close>\))?"
)
_GROUPED = {
    POINT: re.compile(r"\d{1,3}(?:[,']\d{2,3})*[,']\d{3}"),
    COMMA: re.compile(r"\d{1,3}(?:[.']\d{2,3})*[.']\d{3}"),
}


def _bare(text: str) -> re.Match[str]:
    """The number without spaces and currency marks; minus signs of every kind count."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-").replace("’", "'")
    found = _BARE.fullmatch(_SPACES.sub("", plain))
    if not found or bool(found["open"]) != bool(found["close"]):
        raise BadValue(_("this is not an amount. Write it like 1234.50."))
    return found


def _whole_part(text: str, decimal: str) -> str:
    if text.isdecimal() or not text:
        return text or "0"
    if not _GROUPED[decimal].fullmatch(text):
        other = COMMA if decimal == POINT else POINT
        message = _(
            "the separators do not fit: this file writes decimals with “%(decimal)s” and thousands with “%(other)s”."
        )
        raise BadValue(message % {"decimal": decimal, "other": other})
    return re.sub(r"\D", "", text)


def parse_amount(text: str, *, decimal: str, places: int) -> int:
    """Minor units of any accepted spelling."""
    found = _bare(text)
    whole, _mark, fraction = found["body"].partition(decimal)
    kept, lost = fraction[:places].ljust(places, "0"), fraction[places:]
    if fraction and not fraction.isdecimal():
        raise BadValue(_("this is not an amount. Write it like 1234.50."))
    if lost.strip("0"):
        raise BadValue(_("the amount has more decimals than the currency."))
    minor = int(_whole_part(whole, decimal) + kept)
    if minor >= MINOR_MAX:
        raise BadValue(_("the amount is too large to be right."))
    negative = found["open"] or found["trail"] or "-" in (found["sign"], found["sign2"])
    return -minor if negative else minor


class Amounts(dict[str, int | None]):
    """`amounts[cell]` -> minor units, None for an empty cell, BadValue for one that is no amount.

    Made for many cells of one currency: amounts repeat, and the plain spelling needs no pattern.
    """

    def __init__(self, decimal: str, currency: str) -> None:
        super().__init__({"": None})
        self.decimal, self.places = decimal, exponent(currency)

    def __missing__(self, cell: str) -> int | None:
        if len(self) >= _REMEMBERED:
            self.clear()
        minor = self[cell] = self._read(cell.strip())
        return minor

    def _read(self, text: str) -> int | None:
        whole, _mark, fraction = text.partition(self.decimal)
        plain = len(fraction) == self.places and len(whole) < 13 and whole.isdecimal()
        if plain and (fraction.isdecimal() or not fraction):
            return int(whole + fraction)
        return parse_amount(text, decimal=self.decimal, places=self.places) if text else None


_EVIDENCE = (
    # Both marks: the last one is the decimal mark.
    (re.compile(r"[\d']*(?:,\d{2,3})+\.\d+"), POINT),
    (re.compile(r"[\d']*(?:\.\d{3})+,\d+"), COMMA),
    # A mark that repeats groups thousands, so the other is the decimal mark.
    (re.compile(r"\d{1,3}(?:,\d{2,3})+,\d{3}"), POINT),
    (re.compile(r"\d{1,3}(?:\.\d{3})+\.\d{3}"), COMMA),
    # One mark not followed by exactly three digits can only be decimal.
    (re.compile(r"[\d']*\.(?:\d{1,2}|\d{4,})"), POINT),
    (re.compile(r"[\d']*,(?:\d{1,2}|\d{4,})"), COMMA),
)
_EITHER = ((re.compile(r"\d{1,3},\d{3}"), POINT), (re.compile(r"\d{1,3}\.\d{3}"), COMMA))


def _evidence_of(text: str) -> tuple[str, bool]:
    """(decimal mark, certain) a spelling speaks for; certain is False where three digits follow a lone mark."""
    try:
        body = _bare(text)["body"]
    except BadValue:
        return "", False
    for pattern, mark in _EVIDENCE:
        if pattern.fullmatch(body):
            return mark, True
    return next(((mark, False) for pattern, mark in _EITHER if pattern.fullmatch(body)), ("", False))


def decimal_of(texts: Iterable[str], *, three_places: bool) -> str:
    """The decimal mark of all amounts of a file. BadValue when they disagree or could be read either way.

    `three_places`: the file has a currency with three decimals, so "1.234" settles nothing.
    """
    certain: dict[str, str] = {}
    likely: dict[str, str] = {}
    for text in texts:
        mark, sure = _evidence_of(text)
        if mark:
            (certain if sure else likely).setdefault(mark, text.strip())
    marks = certain or likely
    if len(marks) > 1:
        message = _("amounts are written in two ways (“%(one)s” and “%(two)s”). Write all of them in one way.")
        raise BadValue(message % {"one": marks[POINT], "two": marks[COMMA]})
    if likely and not certain and three_places:
        message = _("“%s” can be read in two ways. Choose the decimal mark.")
        raise BadValue(message % next(iter(likely.values())))
    return next(iter(marks), POINT)
