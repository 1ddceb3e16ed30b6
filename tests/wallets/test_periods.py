"""The periods of a mandate: every day is in exactly one, and they follow each other without a gap."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from common.money import Money
from wallets.periods import add_months, next_period, nth_period, period_of, same_period
from wallets.providers.base import MandateTerms, PeriodUnit

DAYS = st.dates(date(2024, 1, 1), date(2031, 12, 31))


@st.composite
def terms(draw):
    unit = draw(st.sampled_from(list(PeriodUnit)))
    longest = 120 if unit is PeriodUnit.DAY else 6
    return MandateTerms(
        single_limit=Money(1, "CNY"),
        period_unit=unit,
        period=draw(st.integers(1, longest)),
        first_charge_on=draw(DAYS),
    )


@given(agreed=terms(), day=DAYS)
def test_a_day_is_in_the_period_that_began_last(agreed, day):
    number = period_of(agreed, day)
    begins, ends = nth_period(agreed, number), next_period(agreed, day)
    assert day < ends and (begins <= day or number == 0)
    assert same_period(agreed, day, ends - timedelta(days=1)) and not same_period(agreed, day, ends)


def test_the_last_of_a_month_stays_the_last_of_shorter_ones():
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert add_months(date(2027, 11, 30), 3) == date(2028, 2, 29)
