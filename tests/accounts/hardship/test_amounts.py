"""An amount as a tired person types it on a phone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.hardship.amounts import read_household_amount
from common.errors import InvalidInput
from common.money import Money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("250", "CNY", 25_000), ("250.5", "CNY", 25_050), ("250,50", "EUR", 25_050), ("1,234", "USD", 123_400),
        ("1.234,50", "EUR", 123_450), ("1,234.50", "USD", 123_450), ("１２００", "CNY", 120_000),
        ("¥ 1 200", "JPY", 1_200),
        ("$250", "USD", 25_000), ("CNY 90", "CNY", 9_000), ("90 CNY", "CNY", 9_000), ("0", "CNY", 0),
        ("1.234", "KWD", 1_234), ("1.234", "IDR", 123_400), ("20.000.000", "VND", 20_000_000), ("", "CNY", None),
        ("  ", "CNY", None), ("12'500", "CHF", 1_250_000),
    ],
)  # fmt: skip
def test_it_is_read_as_it_was_meant(text, currency, minor):
    assert read_household_amount(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "-5", "−5", "abc", "12abc", "1e9", "12.345.6", "1,23,4", "99999999999", "NaN", "inf", "0x10", "12-5", "1/2",
        "--", "1.2.3", "5 - 3", "250;DROP",
    ],
)  # fmt: skip
def test_what_is_not_surely_an_amount_is_refused_in_words(text):
    with pytest.raises(InvalidInput) as refused:
        read_household_amount(text, "CNY")
    assert refused.value.message.endswith((".", "?"))


@given(st.text(max_size=24))
def test_whatever_is_typed_it_is_an_amount_nothing_or_refused(text):
    try:
        found = read_household_amount(text, "CNY")
    except InvalidInput:
        return
    assert found is None or found >= 0


@given(st.integers(0, 10**11))
def test_what_we_write_ourselves_is_read_back(minor):
    assert read_household_amount(Money(minor, "CNY").to_decimal_string(), "CNY") == minor
