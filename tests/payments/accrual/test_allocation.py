"""Allocation, against an oracle that hands out single units one after the other."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidInput
from payments.accrual.allocation import (
    COMPONENT_ORDER,
    DEFAULT_ORDER,
    Order,
    by_component,
    by_timing,
    claims_of,
    parse_buckets,
    set_against,
    texts_of,
)

orders = st.permutations(by_component(*COMPONENT_ORDER)).map(tuple)
claims = st.dictionaries(st.sampled_from(by_component(*COMPONENT_ORDER)), st.integers(0, 6))


@given(st.integers(0, 60), claims, orders, st.sampled_from(["", *COMPONENT_ORDER]), st.booleans())
def test_each_unit_goes_to_the_first_bucket_that_is_not_full(minor, owed, buckets, instruction, follows):
    shares, left = set_against(minor, owed, Order(buckets, follows_debtor=follows), instruction)
    named = [bucket for bucket in buckets if follows and bucket[1] == instruction]
    line = [*named, *(bucket for bucket in buckets if bucket not in named)]
    units = [bucket[1] for bucket in line for _unit in range(owed.get(bucket, 0))]
    assert shares == dict(Counter(units[:minor]))
    assert left == max(0, minor - len(units))


@given(
    st.fixed_dictionaries({name: st.integers(0, 50) for name in COMPONENT_ORDER}),
    st.integers(0, 99),
    st.integers(0, 99),
)
def test_cutting_a_debt_into_timings_loses_nothing(components, past_due, due):
    found = claims_of(components, past_due=past_due, due=due)
    for name, owed in components.items():
        assert sum(minor for bucket, minor in found.items() if bucket[1] == name) == owed
    assert sum(minor for bucket, minor in found.items() if bucket[0] == "past_due") == min(
        past_due, sum(components.values())
    )


@given(
    st.fixed_dictionaries({name: st.integers(0, 50) for name in COMPONENT_ORDER}),
    st.integers(0, 300),
    st.integers(0, 99),
)
def test_the_default_order_does_not_ask_when_something_was_due(components, minor, past_due):
    plain = set_against(minor, claims_of(components, past_due=0, due=0), DEFAULT_ORDER)
    assert set_against(minor, claims_of(components, past_due=past_due, due=0), DEFAULT_ORDER) == plain


def test_past_due_principal_comes_before_a_fee_that_is_not_due_yet():
    order = Order(by_timing("fees", "costs", "interest", "principal"))
    owed = {("past_due", "principal"): 10, ("in_advance", "fees"): 5}
    assert set_against(12, owed, order) == ({"principal": 10, "fees": 2}, 0)


def test_an_order_must_name_every_bucket_once():
    texts = texts_of(by_component(*COMPONENT_ORDER))
    assert parse_buckets(texts) == by_component(*COMPONENT_ORDER)
    with pytest.raises(InvalidInput):
        parse_buckets([*texts[:-1], texts[0]])
