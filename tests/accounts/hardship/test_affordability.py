"""What can be asked of a household, against an oracle that counts in fractions and knows nothing of the code."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.hardship.affordability import by_month, reserve_share, work_out
from accounts.hardship.household import COSTS, INCOMES, Amount, Household, Period, household_of
from tests.accounts.hardship.cast import household

# A busy machine draws slowly.
patient = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
MONTHLY = {"week": Fraction(52, 12), "fortnight": Fraction(26, 12), "month": Fraction(1)}
amounts = st.builds(Amount, st.integers(0, 10**13), st.sampled_from(Period))
households = st.builds(
    Household,
    st.dictionaries(st.sampled_from([*INCOMES, *COSTS]), amounts),
    st.integers(1, 20),
    st.just("job"),
    st.just("month"),
)


def test_a_weekly_wage_counts_fifty_two_weeks_over_twelve_months_rounded_in_her_favour():
    assert by_month(Amount(100, Period.WEEK), up=False) == 433
    assert by_month(Amount(100, Period.WEEK), up=True) == 434
    assert by_month(Amount(100, Period.FORTNIGHT), up=False) == 216
    assert by_month(Amount(100, Period.MONTH), up=True) == 100


def test_half_of_what_is_left_after_a_reserve_is_proposed():
    found = work_out(household(wages=300_000, housing=150_000, food=(20_000, "week")), owed=10**9)
    assert (found.income, found.spent, found.left) == (300_000, 236_667, 63_333)
    assert (found.reserve, found.spare, found.half, found.proposal) == (30_000, 33_333, 16_666, 16_666)


def test_each_further_person_of_the_household_keeps_more_back_up_to_a_quarter():
    assert [reserve_share(people) for people in (1, 2, 3, 7, 20)] == [1000, 1250, 1500, 2500, 2500]


@pytest.mark.parametrize("rows", [{}, {"wages": 0}, {"wages": 100_000, "housing": 100_000}, {"housing": 5}])
def test_who_has_nothing_left_is_asked_for_nothing(rows):
    assert work_out(household(**rows), owed=10**6).proposal == 0


def test_an_instalment_too_small_to_be_worth_it_is_not_asked_for_but_a_small_debt_is():
    few = household(wages=2_000)  # 900 would be half of the rest
    assert work_out(few, owed=10_000, least=1_000).proposal == 0
    assert work_out(few, owed=500, least=1_000).proposal == 500


@patient
@given(households, st.integers(0, 10**12))
def test_it_agrees_with_fractions(home, owed):
    found = work_out(home, owed=owed)
    exact = {name: amount.minor * MONTHLY[amount.period.value] for name, amount in home.rows.items()}
    income = sum(floor(value) for name, value in exact.items() if name in INCOMES)
    spent = sum(ceil(value) for name, value in exact.items() if name in COSTS)
    reserve = ceil(Fraction(income) * min(Fraction(10 + Fraction(5, 2) * (home.people - 1)), Fraction(25)) / 100)
    spare = max(0, income - spent - reserve)
    assert (found.income, found.spent, found.left, found.reserve) == (income, spent, income - spent, reserve)
    assert found.proposal == min(floor(Fraction(spare, 2)), owed)


@patient
@given(households, st.integers(0, 10**12), st.integers(0, 10**6))
def test_it_never_asks_for_more_than_is_owed_or_than_half_of_the_true_rest(home, owed, least):
    found = work_out(home, owed=owed, least=least)
    true_rest = sum(
        (1 if name in INCOMES else -1) * amount.minor * MONTHLY[amount.period.value]
        for name, amount in home.rows.items()
    )
    assert 0 <= found.proposal <= owed
    assert found.proposal == 0 or 2 * found.proposal <= true_rest


@patient
@given(households, st.sampled_from([*COSTS]), st.integers(1, 10**9))
def test_a_higher_cost_never_raises_what_is_asked(home, name, more):
    before = work_out(home, owed=10**13).proposal
    had = home.rows.get(name, Amount(0))
    dearer = Household({**home.rows, name: Amount(had.minor + more, had.period)}, home.people, "job", "month")
    assert work_out(dearer, owed=10**13).proposal <= before


@patient
@given(households)
def test_the_steps_shown_add_up(home):
    found = work_out(home, owed=10**12)
    assert sum(line.monthly for line in found.incomes) - sum(line.monthly for line in found.costs) == found.left
    assert len(found.incomes) + len(found.costs) == len(home.rows)


@patient
@given(households)
def test_what_is_kept_reads_back_the_same(home):
    assert household_of(home.as_text()) == home
