"""The day a person names, seen from their own Wednesday, 25 November 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.understanding.dates import FURTHEST, day_in, is_only_a_day

WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("Friday", date(2026, 11, 27)),
        ("I'll pay on fri", date(2026, 11, 27)),
        ("next Friday", date(2026, 12, 4)),
        ("on Monday", date(2026, 11, 30)),
        ("wednesday", date(2026, 12, 2)),  # said on a Wednesday: nobody who means today says its name
        ("after Friday", date(2026, 11, 28)),
        ("after the 15th", date(2026, 12, 16)),
        ("by the 28th", date(2026, 11, 28)),
        ("the 31st", date(2026, 11, 30)),
        ("15 December", date(2026, 12, 15)),
        ("Dec 15", date(2026, 12, 15)),
        ("3rd of June", date(2027, 6, 3)),
        ("2026-12-05", date(2026, 12, 5)),
        ("tomorrow", date(2026, 11, 26)),
        ("the day after tomorrow", date(2026, 11, 27)),
        ("tonight", WEDNESDAY),
        ("in two weeks", date(2026, 12, 9)),
        ("give me 3 days", date(2026, 11, 28)),
        ("give me a week", date(2026, 12, 2)),
        ("next week", date(2026, 12, 4)),
        ("end of the month", date(2026, 11, 30)),
        ("end of next month", date(2026, 12, 31)),
        ("this weekend", date(2026, 11, 29)),
        ("下周五", date(2026, 12, 4)),
        ("下星期一还", date(2026, 11, 30)),
        ("下週五", date(2026, 12, 4)),
        ("周五", date(2026, 11, 27)),
        ("礼拜天", date(2026, 11, 29)),
        ("明天", date(2026, 11, 26)),
        ("后天", date(2026, 11, 27)),
        ("大后天", date(2026, 11, 28)),
        ("15号之后", date(2026, 12, 16)),
        ("下个月5号", date(2026, 12, 5)),
        ("12月8日", date(2026, 12, 8)),
        ("月底", date(2026, 11, 30)),
        ("下个月底", date(2026, 12, 31)),
        ("三天后", date(2026, 11, 28)),
        ("两周后还", date(2026, 12, 9)),
        ("Ｆｒｉｄａｙ", date(2026, 11, 27)),
        ("tomorrow or on Monday", date(2026, 11, 30)),  # two days: the later one hurries nobody
        ("when I am paid", None),
        ("soon", None),
        ("the 45th", None),
        ("13月40日", None),
        ("I have 3 days", None),
        ("my balance is 15.30", None),
        ("", None),
    ],
)
def test_the_day_named(words, day):
    assert day_in(words, WEDNESDAY) == day


@pytest.mark.parametrize(
    ("words", "only"),
    [("Friday", True), ("on friday ok", True), ("下周五", True), ("nice weather today", False), ("soon", False)],
)
def test_an_answer_that_is_only_a_day(words, only):
    assert is_only_a_day(words) is only


@given(
    st.dates(date(2024, 1, 1), date(2035, 12, 31)),
    st.sampled_from(["friday", "the 31st", "月底", "next week", "29号", "Feb 29"]),
)
def test_a_day_is_never_in_the_past_and_never_far_away(today, words):
    day = day_in(words, today)
    assert day is None or timedelta(0) <= day - today <= FURTHEST
