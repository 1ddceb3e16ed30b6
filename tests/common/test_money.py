from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidInput
from common.money import Money

AMOUNTS = st.integers(min_value=-(10**15), max_value=10**15)


@given(AMOUNTS, st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=40).filter(any))
def test_a_split_always_sums_to_the_whole(minor, weights):
    parts = Money(minor, "EUR").split(weights)
    assert sum(part.minor for part in parts) == minor
    assert len(parts) == len(weights)


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=1, max_value=60))
def test_equal_parts_differ_by_one_minor_unit_at_most(minor, count):
    shares = [part.minor for part in Money(minor, "CNY").split([1] * count)]
    assert max(shares) - min(shares) <= 1


@given(AMOUNTS, st.sampled_from(["EUR", "JPY", "KWD", "USDT"]))
def test_an_amount_survives_its_decimal_form(minor, currency):
    money = Money(minor, currency)
    assert Money.parse(money.to_decimal_string(), currency) == money


@pytest.mark.parametrize("text", ["", "abc", "1.234", "NaN", "Infinity", "1,5"])
def test_what_is_not_an_amount_is_refused(text):
    with pytest.raises(InvalidInput):
        Money.parse(text, "EUR")


def test_floats_and_mixed_currencies_are_refused():
    with pytest.raises(TypeError):
        Money(1.5, "EUR")
    with pytest.raises(TypeError):
        Money(1, "EUR") + Money(1, "USD")


def test_amounts_read_as_their_readers_write_them():
    assert Money(123456, "TWD").format("en") == "NT$1,234.56"
    assert Money(500, "JPY").format("zh-hans") == "JP¥500"
