"""The sums in words, line by line, as the person and the staff read them; and how a case stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.hardship.affordability import SHARE_PERCENT, Affordable, Line
from accounts.hardship.household import COSTS, INCOMES, PERIOD_WORDS, Household, Period
from accounts.models import HardshipCase
from common.clock import today
from common.money import Money

NAMES = {**INCOMES, **COSTS}


@dataclass(frozen=True, slots=True)
class SumLine:
    """`given` is set where the number was told by the week or fortnight."""

    words: str
    amount: Money
    given: Money | None = None
    period: str = ""


@dataclass(frozen=True, slots=True)
class Calculation:
    incomes: list[SumLine]
    costs: list[SumLine]
    income: Money
    spent: Money
    left: Money
    reserve: Money
    reserve_percent: str
    spare: Money
    share: int
    half: Money
    proposal: Money
    people: int


def calculation(found: Affordable, household: Household, currency: str) -> Calculation:
    def money(minor: int) -> Money:
        return Money(minor, currency)

    def line(one: Line) -> SumLine:
        monthly = one.given.period == Period.MONTH
        given = None if monthly else money(one.given.minor)
        return SumLine(str(NAMES[one.name]), money(one.monthly), given, str(PERIOD_WORDS[one.given.period]))

    whole, part = divmod(found.reserve_basis_points, 100)
    return Calculation(
        incomes=[line(one) for one in found.incomes],
        costs=[line(one) for one in found.costs],
        income=money(found.income),
        spent=money(found.spent),
        left=money(found.left),
        reserve=money(found.reserve),
        reserve_percent=f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole),
        spare=money(found.spare),
        share=SHARE_PERCENT,
        half=money(found.half),
        proposal=money(found.proposal),
        people=household.people,
    )


def standing(case: HardshipCase) -> tuple[str, str, str]:
    """Tone, icon and words."""
    if case.state == "granted" and case.review_on is not None and case.review_on <= today():
        return "warn", "calendar-event", _("review due")
    return {
        "waiting": ("warn", "clock", _("waits for us")),
        "granted": ("good", "check-circle", _("helped")),
        "refused": ("bad", "x-circle", _("refused")),
        "ended": ("quiet", "check-circle", _("over")),
    }[case.state]


def wish_words(case: HardshipCase) -> str:
    if case.wish == "pause":
        return _("A pause of %(days)s days") % {"days": case.wish_days}
    return str(HardshipCase.Wish(case.wish).label)
