"""How a promise stands, against an oracle that hands out single units day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.promises.standing import Paid, Part, Terms, standing

FRIDAY = date(2027, 3, 5)


def day(number: int) -> date:
    return FRIDAY + timedelta(days=number)


def by_hand(parts, payments, today, terms):
    """Every unit is a thing with a day; it goes into the first part that has room. Then each day is lived through."""
    parts = sorted(parts, key=lambda part: part.day)
    final = max(part.day for part in parts) + timedelta(days=terms.grace)
    units = sorted(row.day for row in payments for _unit in range(row.minor) if row.day <= final and row.day <= today)
    places = [part for part in range(len(parts)) for _unit in range(parts[part].minor)]
    filled = list(zip(places, units, strict=False))
    paid = tuple(sum(place == part for place, _day in filled) for part in range(len(parts)))
    living = min(part.day for part in parts)
    while living <= final and living < today:
        over = [number for number, part in enumerate(parts) if part.day + timedelta(days=terms.grace) == living]
        for number in over:
            empty = sum(place <= number for place in places) - sum(
                place <= number and when <= living for place, when in filled
            )
            if empty > terms.tolerance:
                return ("partly_kept" if units else "broken"), paid
        living += timedelta(days=1)
    if len(places) - len(filled) <= terms.tolerance and all(
        sum(p <= number for p in places)
        - sum(p <= number and w <= part.day + timedelta(days=terms.grace) for p, w in filled)
        <= terms.tolerance
        for number, part in enumerate(parts)
    ):
        return "kept", paid
    return "open", paid


@st.composite
def stories(draw):
    days = draw(st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True))
    parts = [Part(day(number), draw(st.integers(1, 8))) for number in days]
    payments = draw(st.lists(st.builds(Paid, st.integers(-1, 14).map(day), st.integers(1, 9)), max_size=5))
    total = sum(part.minor for part in parts)
    terms = Terms(draw(st.integers(0, total - 1)), draw(st.integers(0, 3)))
    return parts, payments, day(draw(st.integers(-1, 16))), terms


@given(stories())
def test_it_stands_as_it_does_by_hand(story):
    found = standing(*story)
    assert (found.state, found.paid) == by_hand(*story)


@given(stories())
def test_every_unit_counts_at_most_once_and_no_part_is_overfull(story):
    parts, payments, _today, _terms = story
    found = standing(*story)
    assert found.minor <= min(sum(row.minor for row in payments), sum(part.minor for part in parts))
    wanted = [part.minor for part in sorted(parts, key=lambda part: part.day)]
    assert all(0 <= got <= most for got, most in zip(found.paid, wanted, strict=True))


@given(stories(), st.integers(1, 5))
def test_a_verdict_over_time_changes_only_with_money(story, later):
    parts, payments, today, terms = story
    before = standing(parts, [row for row in payments if row.day <= today], today, terms)
    after = standing(parts, [row for row in payments if row.day <= today], today + timedelta(days=later), terms)
    assert before.state in ("open", after.state)
    assert before.state != "open" or (before.next_last_day is not None and before.next_last_day >= today)


@given(stories())
def test_the_order_in_which_things_are_told_does_not_matter(story):
    parts, payments, today, terms = story
    assert standing(parts, payments, today, terms) == standing(parts[::-1], payments[::-1], today, terms)


@pytest.mark.parametrize(
    ("paid", "today", "terms", "state"),
    [
        ([(0, 50)], 0, Terms(), "open"),
        ([(0, 50), (6, 100)], 6, Terms(), "kept"),
        ([], 1, Terms(), "broken"),
        ([], 1, Terms(grace=1), "open"),
        ([(1, 50)], 2, Terms(grace=1), "open"),
        ([(2, 50)], 2, Terms(grace=1), "partly_kept"),
        ([(0, 49)], 1, Terms(tolerance=1), "open"),
        ([(0, 48)], 1, Terms(tolerance=1), "partly_kept"),
        ([(0, 149)], 0, Terms(tolerance=1), "kept"),
        ([(0, 400)], 0, Terms(), "kept"),
    ],
)
def test_50_on_friday_and_100_a_week_later(paid, today, terms, state):
    parts = [Part(day(0), 50), Part(day(7), 100)]
    assert standing(parts, [Paid(day(when), minor) for when, minor in paid], day(today), terms).state == state
