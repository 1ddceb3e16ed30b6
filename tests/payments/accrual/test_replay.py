"""The story of an account, told from facts in any order."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from payments.accrual.allocation import COMPONENT_ORDER, Order, by_component
from payments.accrual.interest import InterestSpan, Stop
from payments.accrual.replay import Conditions, Fact, FeeTerms, replay

START = date(2025, 1, 1)
END = date(2025, 12, 31)
TERMS = InterestSpan(START, None, Fraction(10, 100))
day = st.integers(0, 364).map(lambda number: START + timedelta(days=number))
component = st.sampled_from(COMPONENT_ORDER)
amount = st.integers(1, 80_000)


@st.composite
def stories(draw):
    facts = [Fact("placed", "placed", START, moves=(("principal", 100_000), ("fees", draw(st.integers(0, 5_000)))))]
    paid = [Fact(f"p{number}", "paid", draw(day), minor=draw(amount)) for number in range(draw(st.integers(0, 4)))]
    facts += paid
    for number, fact in enumerate(paid):
        kind = draw(st.sampled_from(["", "taken_back", "given_back"]))
        if kind:
            minor = draw(st.integers(1, fact.minor))
            facts.append(Fact(f"b{number}", kind, draw(day), minor=minor, of=fact.key))
    for number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["fee", "waived"]))
        facts.append(Fact(f"f{number}", kind, draw(day), minor=draw(amount), component=draw(component)))
    if draw(st.booleans()):
        moves = ((draw(component), draw(st.integers(-120_000, 50_000))),)
        facts.append(Fact("c", "adjusted", draw(day), moves=moves))
    facts.append(Fact("overdue:30", "rule_fee", START + timedelta(days=30), component="fees", fee=FeeTerms(flat=500)))
    stop = draw(day)
    span = InterestSpan(START, None, Fraction(10, 100), cap_share=draw(st.one_of(st.none(), st.just(Fraction(2, 100)))))
    order = Order(draw(st.permutations(by_component(*COMPONENT_ORDER)).map(tuple)), follows_debtor=True)
    return facts, Conditions(START, START, (span,), (Stop(stop, stop + timedelta(days=30)),), (order,))


@settings(deadline=None)
@given(stories(), st.randoms())
def test_facts_in_any_order_of_arrival_come_to_the_same_end(story, random):
    facts, conditions = story
    shuffled = random.sample(facts, len(facts))
    first, second = replay(facts, conditions, through=END), replay(shuffled, conditions, through=END)
    assert (first.components, first.surplus, first.steps) == (second.components, second.surplus, second.steps)


@settings(deadline=None)
@given(stories())
def test_no_component_is_ever_negative_and_the_steps_sum_to_the_end(story):
    outcome = replay(*story, through=END)
    assert all(minor >= 0 for step in outcome.steps for minor in step.after.values())
    for name, owed in outcome.components.items():
        assert sum(step.moves.get(name, 0) for step in outcome.steps) == owed
    assert sum(step.surplus for step in outcome.steps) == outcome.surplus


@settings(deadline=None)
@given(stories(), day)
def test_stopping_on_the_way_changes_nothing_about_the_end(story, between):
    facts, conditions = story
    early = replay(facts, conditions, through=between)
    whole = replay(facts, conditions, through=END)
    told = [step for step in whole.steps if step.on < between and step.kind != "interest"]
    assert [step for step in early.steps if step.on < between and step.kind != "interest"] == told


def test_wang_pays_half_and_interest_goes_on_from_that_day_on_the_other_half():
    facts = [
        Fact("placed", "placed", START, moves=(("principal", 365_000),)),
        Fact("half", "paid", START + timedelta(days=10), minor=182_500 + 1_000),
    ]
    outcome = replay(facts, Conditions(START, START, (TERMS,)), through=START + timedelta(days=20))
    assert outcome.components == {"costs": 0, "fees": 0, "interest": 500, "principal": 182_500}


def test_interest_and_fees_together_stop_at_the_cap_on_what_may_be_added():
    capped = InterestSpan(START, None, Fraction(10, 100), cap_share=Fraction(5, 100))
    fee = Fact("overdue", "rule_fee", START + timedelta(days=5), component="fees", fee=FeeTerms(flat=3_000))
    placed = Fact("placed", "placed", START, moves=(("principal", 100_000),))
    outcome = replay([placed, fee], Conditions(START, START, (capped,)), through=END)
    assert (outcome.components["fees"], outcome.components["interest"]) == (3_000, 2_000)


def test_a_payment_that_was_taken_back_never_stopped_the_interest():
    facts = [Fact("placed", "placed", START, moves=(("principal", 100_000),))]
    conditions = Conditions(START, START, (TERMS,))
    paid = Fact("p", "paid", START + timedelta(days=3), minor=90_000)
    back = Fact("b", "taken_back", START + timedelta(days=200), minor=90_000, of="p")
    without, withal = replay(facts, conditions, through=END), replay([*facts, paid, back], conditions, through=END)
    assert without.components == withal.components


def test_the_debtors_word_sends_a_payment_to_the_principal_where_the_order_follows_it():
    facts = [
        Fact("placed", "placed", START, moves=(("principal", 1_000), ("interest", 300))),
        Fact("p", "paid", START, minor=400, instruction="principal"),
    ]
    follows = Order(by_component(*COMPONENT_ORDER), follows_debtor=True)
    obeyed = replay(facts, Conditions(START, START, orders=(follows,)), through=START)
    ignored = replay(facts, Conditions(START, START), through=START)
    assert (obeyed.components["interest"], ignored.components["interest"]) == (300, 0)
