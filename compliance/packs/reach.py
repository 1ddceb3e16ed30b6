"""How far back packs count: no line of the history that a rule could count may be left unread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from compliance.packs.schema import Pack, Rule

# The longest that one step of a cap's window can be, the day on which it begins included.
_STEPS = {
    "rolling_hours": timedelta(hours=1),
    "rolling_days": timedelta(days=1),
    "calendar_day": timedelta(days=1),
    "calendar_week": timedelta(days=7),
    "calendar_month": timedelta(days=31),
}
_UNITS = ("days", "hours", "minutes")
_A_DAY = timedelta(days=1)  # days are counted on the debtor's own calendar


def reach_of(packs: Iterable[Pack]) -> timedelta:
    """The longest period in which any rule of theirs counts contacts or debits."""
    return max((length for pack in packs for rule in pack.rules for length in _lengths(rule)), default=timedelta(0))


def _lengths(rule: Rule) -> Iterator[timedelta]:
    params = rule.params
    if rule.type == "cap":
        window = params["window"]
        yield _STEPS[window["kind"]] * window.get("n", 1) + _A_DAY
    elif rule.type == "cooldown":
        yield timedelta(**{unit: params[unit] for unit in _UNITS if unit in params}) + _A_DAY
    elif rule.type == "retry":
        yield from (timedelta(hours=cap["hours"]) + _A_DAY for cap in params.get("caps", ()))
