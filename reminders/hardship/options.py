"""What is proposed to whom: a table by how long it lasts, and smaller payments where the sums leave room for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from accounts.hardship.affordability import Affordable, work_out
from accounts.hardship.household import ALL_PAUSES, PAUSES, Household, household_of
from accounts.models import Account, HardshipCase
from common.errors import Conflict
from common.money import Money
from payments.debtor_plans import PERIOD_DAYS, first_days, refuse_second_plan, smallest_instalment
from payments.plans import equal_parts

# Up to a year the plan pays everything; a longer one would be a promise nobody can keep, so it runs half a year and is
# looked at again.
LONGEST_MONTHS, REVIEWED_MONTHS = 12, 6


@dataclass(frozen=True, slots=True)
class Smaller:
    """Payments of at most what was worked out, the first on `first_on`. `rest`: what is talked about at the review."""

    parts: tuple[tuple[date, int], ...]
    currency: str
    rest: Money

    @property
    def each(self) -> Money:
        return Money(max(minor for _day, minor in self.parts), self.currency)

    @property
    def first_on(self) -> date:
        return self.parts[0][0]

    @property
    def count(self) -> int:
        return len(self.parts)


@dataclass(frozen=True, slots=True)
class Options:
    household: Household
    affordable: Affordable
    pauses: tuple[int, ...]
    smaller: Smaller | None


def options_of(case: HardshipCase) -> Options | None:
    """None once the numbers were deleted."""
    if case.statement is None:
        return None
    account = case.account
    household = household_of(case.statement.figures)
    least = smallest_instalment(account.currency)
    affordable = work_out(household, owed=account.balance_minor, least=least)
    pauses = PAUSES.get(household.lasting, ALL_PAUSES)
    return Options(household, affordable, pauses, smaller_payments(account, affordable.proposal))


def smaller_payments(account: Account, each: int) -> Smaller | None:
    """None when nothing can be asked, or a plan runs already: that one is changed with a person."""
    if each <= 0 or account.balance_minor <= 0:
        return None
    try:
        refuse_second_plan(account)
    except Conflict:
        return None
    first_on = first_days(account.debtor.time_zone)[0]
    count = -(-account.balance_minor // each)
    whole = count <= LONGEST_MONTHS
    months = count if whole else REVIEWED_MONTHS
    total = Money(account.balance_minor if whole else each * months, account.currency)
    parts = equal_parts(total, count=months, first_on=first_on, every_days=PERIOD_DAYS)
    return Smaller(tuple(parts), account.currency, account.balance - total)
