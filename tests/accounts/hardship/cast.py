"""Wang Fang lost her job: what she tells us about her household."""

from __future__ import annotations

from accounts.hardship.cases import give_statement
from accounts.hardship.household import Amount, Household, Period
from accounts.models import Account, HardshipCase

CONSENT = "I agree that you keep these numbers."


def household(**rows: int | tuple[int, str]) -> Household:
    """`wages=300000` is a month; `food=(20000, "week")` says its period. Named `people` is not a row."""
    people = rows.pop("people", 1)
    given = {
        name: Amount(value) if isinstance(value, int) else Amount(value[0], Period(value[1]))
        for name, value in rows.items()
    }
    return Household(given, people, changed="job", lasting="quarter")  # type: ignore[arg-type]


def told(account: Account, by=None, note: str = "", **rows) -> HardshipCase:
    rows = rows or {"wages": 300_000, "housing": 150_000, "food": (20_000, "week")}
    case = give_statement(account, household(**rows), consent=CONSENT, note=note, by=by, once=None)
    assert case is not None
    return case
