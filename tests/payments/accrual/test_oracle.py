"""Whole stories against an oracle that lives through them day by day and shares no code with what it judges."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from payments.accrual.interest import InterestSpan, Stop
from payments.accrual.replay import Conditions, Fact, replay
from tests.payments.accrual.test_interest import night

START, LENGTH = date(2024, 1, 25), 120
days = st.integers(0, LENGTH - 1)
amounts = st.integers(1, 60_000)


@st.composite
def histories(draw):
    """A debt with rates that change, pauses, payments, some of them taken back, fees and waivers."""
    turns = sorted(draw(st.sets(days, max_size=3)) | {0})
    rates = [
        (
            turn,
            draw(st.integers(0, 3_600)),
            draw(st.sampled_from(["actual_365", "actual_360", "thirty_360"])),
            draw(st.one_of(st.none(), st.integers(0, 500))),
        )
        for turn in turns
    ]
    pauses = [(first, first + draw(st.integers(1, 40))) for first in draw(st.lists(days, max_size=2))]
    paid = [(draw(days), draw(amounts), draw(st.booleans())) for _number in range(draw(st.integers(0, 4)))]
    charged = [
        (draw(days), draw(st.sampled_from(["fees", "costs"])), draw(amounts)) for _n in range(draw(st.integers(0, 2)))
    ]
    waived = [
        (draw(days), draw(st.sampled_from(["principal", "interest", "fees"])), draw(amounts))
        for _number in range(draw(st.integers(0, 2)))
    ]
    return draw(st.integers(1, 200_000)), rates, pauses, paid, charged, waived


def lived_through(history) -> dict[str, int]:
    """Each day: what is added, then what is paid, then what is waived; each night its interest, cut down when asked."""
    principal, rates, pauses, paid, charged, waived = history
    owed = {"costs": 0, "fees": 0, "interest": 0, "principal": principal}
    run_up, asked = Fraction(0), 0
    for number in range(LENGTH + 1):
        owed["interest"] += floor(run_up) - asked
        asked = floor(run_up)
        for _day, name, minor in [row for row in charged if row[0] == number]:
            owed[name] += minor
        for _day, minor, stands in [row for row in paid if row[0] == number]:
            left = minor if stands else 0
            for name in ("costs", "fees", "interest", "principal"):
                share = min(left, owed[name])
                owed[name] -= share
                left -= share
        for _day, name, minor in [row for row in waived if row[0] == number]:
            owed[name] -= min(minor, owed[name])
        if number == LENGTH or any(first <= number < last for first, last in pauses):
            continue
        _turn, points, day_count, cap = [row for row in rates if row[0] <= number][-1]
        more = owed["principal"] * Fraction(points, 10_000) * night(START + timedelta(days=number), day_count)
        if cap is not None:
            more = min(more, max(Fraction(0), Fraction(principal * cap, 10_000) - run_up))
        run_up += more
    return owed


def on(number: int) -> date:
    return START + timedelta(days=number)


def told(history) -> dict[str, int]:
    principal, rates, pauses, paid, charged, waived = history
    ends = [row[0] for row in rates[1:]]
    spans = tuple(
        InterestSpan(
            on(turn),
            on(end) if end is not None else None,
            Fraction(points, 10_000),
            day_count,
            None if cap is None else Fraction(cap, 10_000),
        )
        for (turn, points, day_count, cap), end in zip(rates, [*ends, None], strict=True)
    )
    facts = [Fact("placed", "placed", START, moves=(("principal", principal),))]
    for number, (day, minor, stands) in enumerate(paid):
        facts.append(Fact(f"p{number}", "paid", on(day), minor=minor))
        if not stands:
            facts.append(Fact(f"r{number}", "taken_back", on(LENGTH), minor=minor, of=f"p{number}"))
    facts += [
        Fact(f"c{n}", "fee", on(day), minor=minor, component=name) for n, (day, name, minor) in enumerate(charged)
    ]
    facts += [
        Fact(f"w{n}", "waived", on(day), minor=minor, component=name) for n, (day, name, minor) in enumerate(waived)
    ]
    stops = tuple(Stop(on(first), on(last)) for first, last in pauses)
    return replay(facts, Conditions(START, START, spans, stops), through=on(LENGTH)).components


@settings(deadline=None, max_examples=150)
@given(histories())
def test_a_story_told_by_spans_comes_to_what_living_through_it_comes_to(history):
    assert told(history) == lived_through(history)
