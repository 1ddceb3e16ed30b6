"""What we ask about a household, and how it is kept: a few numbers with their period, and what has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_PEOPLE = 20


class Period(StrEnum):
    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"


PER_YEAR: Mapping[Period, int] = {Period.WEEK: 52, Period.FORTNIGHT: 26, Period.MONTH: 12}
PERIOD_WORDS: Mapping[Period, Promise] = {
    Period.WEEK: _("a week"),
    Period.FORTNIGHT: _("every two weeks"),
    Period.MONTH: _("a month"),
}
INCOMES: Mapping[str, Promise] = {
    "wages": _("Wages, or what your business pays you"),
    "benefits": _("Benefits, pension and other income"),
}
COSTS: Mapping[str, Promise] = {
    "housing": _("Rent or mortgage"),
    "food": _("Food and things for the home"),
    "utilities": _("Electricity, gas, water, phone"),
    "transport": _("Getting to work and school"),
    "children": _("Children and people you support"),
    "debts": _("Other debts you are paying"),
    "other": _("Anything else you cannot do without"),
}
CHANGED: Mapping[str, Promise] = {
    "job": _("I lost my job"),
    "hours": _("I have less work or earn less"),
    "illness": _("Illness, mine or in the family"),
    "separation": _("A separation, or somebody died"),
    "costs": _("Life got dearer"),
    "other": _("Something else"),
}
LASTING: Mapping[str, Promise] = {
    "month": _("About a month"),
    "quarter": _("About three months"),
    "longer": _("Longer"),
    "unknown": _("I do not know"),
}
# Days of pause that fit how long it lasts. A pause always ends with somebody looking, never by itself.
PAUSES: Mapping[str, tuple[int, ...]] = {
    "month": (30,),
    "quarter": (30, 60, 90),
    "longer": (60, 90),
    "unknown": (30, 60),
}
ALL_PAUSES = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Amount:
    minor: int
    period: Period = Period.MONTH


@dataclass(frozen=True, slots=True)
class Household:
    """Rows that were left empty are not in `rows`."""

    rows: Mapping[str, Amount]
    people: int
    changed: str
    lasting: str

    def as_text(self) -> str:
        rows = {name: [amount.minor, amount.period.value] for name, amount in self.rows.items()}
        kept = {"rows": rows, "people": self.people, "changed": self.changed, "lasting": self.lasting}
        return json.dumps(kept, sort_keys=True)


def household_of(text: str) -> Household:
    kept = json.loads(text)
    rows = {name: Amount(minor, Period(period)) for name, (minor, period) in kept["rows"].items()}
    return Household(rows, kept["people"], kept["changed"], kept["lasting"])
