"""Interest, against an oracle that counts every night by itself."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.accrual.interest import InterestSpan, Stop, lawful_rate, pieces, whole, year_fraction

DAY = timedelta(days=1)
days = st.dates(date(2023, 1, 1), date(2026, 12, 31))


def night(day: date, day_count: str) -> Fraction:
    """What one night is worth, from the wording of each convention and nothing else."""
    if day_count == "actual_365":
        return Fraction(1, 365)
    if day_count == "actual_360":
        return Fraction(1, 360)
    tomorrow = day + DAY
    if tomorrow.day == 31:
        return Fraction(0)
    is_first = tomorrow.day == 1
    return Fraction(30 - min(day.day, 30) + 1 if is_first else 1, 360)


@st.composite
def spans_and_stops(draw):
    edges = sorted(draw(st.lists(days, min_size=2, max_size=4, unique=True)))
    counts = st.sampled_from(["actual_365", "actual_360", "thirty_360"])
    spans = [
        InterestSpan(start, end, Fraction(draw(st.integers(1, 4000)), 10_000), draw(counts))
        for start, end in zip(edges, [*edges[1:], None], strict=True)
    ]
    stops = [
        Stop(start, draw(st.one_of(st.none(), st.just(start + timedelta(days=draw(st.integers(1, 90)))))))
        for start in draw(st.lists(days, max_size=3))
    ]
    return spans, stops


@given(days, st.integers(0, 500), st.integers(1, 10**9), spans_and_stops())
def test_interest_is_the_sum_of_its_nights(start, length, principal, terms):
    spans, stops = terms
    end = start + timedelta(days=length)
    expected, day = Fraction(0), start
    while day < end:
        span = next((row for row in spans if row.start <= day and (row.end is None or day < row.end)), None)
        stopped = any(row.start <= day and (row.end is None or day < row.end) for row in stops)
        if span and not stopped:
            expected += principal * span.yearly * night(day, span.day_count)
        day += DAY
    assert sum((piece.share * principal for piece in pieces(start, end, spans, stops)), Fraction(0)) == expected


@pytest.mark.parametrize(
    ("day_count", "expected"),
    [("actual_365", Fraction(366, 365)), ("actual_360", Fraction(366, 360)), ("thirty_360", Fraction(1))],
)
def test_a_leap_year_is_longer_than_a_year_only_where_days_are_counted(day_count, expected):
    assert year_fraction(date(2024, 1, 1), date(2025, 1, 1), day_count) == expected


def test_the_last_of_february_counts_three_nights_of_thirty_three_hundred_sixty():
    assert year_fraction(date(2025, 2, 28), date(2025, 3, 1), "thirty_360") == Fraction(3, 360)


def test_a_rate_above_the_lawful_one_is_lowered_to_it():
    assert lawful_rate(3600, 1380) == Fraction(138, 1000)
    assert lawful_rate(800, 1380) == lawful_rate(800, None) == Fraction(8, 100)


def test_a_part_of_a_unit_is_never_asked_for():
    assert whole(Fraction(199, 100)) == 1


def test_a_dispute_stops_interest_unless_the_terms_let_it_run_and_breathing_space_always_does():
    span = InterestSpan(date(2025, 1, 1), None, Fraction(1, 10), runs_during=frozenset({"dispute", "breathing_space"}))
    first, last = date(2025, 2, 1), date(2025, 3, 1)
    assert list(pieces(first, last, [span], [Stop(first, None, "dispute")]))
    assert not list(pieces(first, last, [span], [Stop(first, None, "breathing_space")]))
    assert not list(pieces(first, last, [span], [Stop(first, None, "hardship")]))
