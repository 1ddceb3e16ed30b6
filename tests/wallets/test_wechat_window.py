"""When a contract may be charged: by day in Beijing, once a day, and a while after the notice."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import Money
from tests.wallets.refusals import refusals
from wallets.providers.base import DeclineCategory, MandateSnapshot, MandateState, MandateTerms, PeriodUnit, Reason
from wallets.providers.wechat.times import BEIJING
from wallets.providers.wechat.window import charge_window, in_hours

LIMIT = 50_000
TERMS = MandateTerms(
    single_limit=Money(5000, "CNY"), period_unit=PeriodUnit.DAY, period=30, first_charge_on=date(2026, 12, 10)
)
MANDATE = MandateSnapshot(mandate_ref="Wx1", merchant_ref="E12345", state=MandateState.ACTIVE, terms=TERMS)
AMOUNT = Money(1234, "CNY")
REFUSALS = refusals(MANDATE, AMOUNT, date(2026, 12, 10))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def window(mandate: MandateSnapshot = MANDATE, now: str = "2026-12-10T12:00:00", amount: Money = AMOUNT):
    return charge_window(mandate, amount, at(now), LIMIT)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-12-10T06:59:59", False, "2026-12-10T07:00:00"),
        ("2026-12-10T07:00:00", True, "2026-12-10T07:00:00"),
        ("2026-12-10T21:59:59", True, "2026-12-10T21:59:59"),
        ("2026-12-10T22:00:00", False, "2026-12-11T07:00:00"),
    ],
)
def test_deductions_go_from_seven_to_ten_in_the_evening(moment, is_open, opens):
    found = window(now=moment)
    assert (found.open_now, found.opens_at) == (is_open, at(opens))
    assert found.closes_at.astimezone(BEIJING).hour == 22


def test_the_hours_are_beijing_hours():
    assert in_hours(datetime.fromisoformat("2026-12-09T23:00:00+00:00"))
    assert not in_hours(datetime.fromisoformat("2026-12-10T15:00:00+00:00"))


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-12-01T12:00:00", "2026-12-03T07:00:00"),
        ("2026-12-02T12:00:00", "2026-12-03T07:00:00"),
        ("2026-12-03T12:00:00", "2026-12-03T12:00:00"),
        ("2026-12-08T21:00:00", "2026-12-08T21:00:00"),
    ],
)
def test_after_a_notice_two_days_pass_first(moment, opens):
    assert window(replace(MANDATE, announced_at=at("2026-12-01T09:00:00")), moment).opens_at == at(opens)


@pytest.mark.parametrize("moment", ["2026-12-08T22:00:00", "2026-12-09T12:00:00"])
def test_a_notice_that_ran_out_must_be_given_again(moment):
    found = window(replace(MANDATE, announced_at=at("2026-12-01T09:00:00")), moment)
    assert (found.open_now, found.opens_at) == (False, None)
    assert (found.decline.category, found.decline.reason) == (DeclineCategory.OPERATOR, Reason.OUTSIDE_WINDOW)


@pytest.mark.parametrize(("moment", "is_open"), [("2026-12-01T20:59:00", True), ("2026-12-01T21:00:00", False)])
def test_the_first_twelve_hours_need_no_notice(moment, is_open):
    signed = replace(MANDATE, signed_at=at("2026-12-01T09:00:00"), announced_at=at("2026-12-01T09:05:00"))
    assert window(signed, moment).open_now is is_open


def test_the_first_hours_do_not_lift_the_night():
    assert not window(replace(MANDATE, signed_at=at("2026-12-01T21:30:00")), "2026-12-01T23:00:00").open_now


def test_after_a_success_the_next_day_is_open():
    found = window(replace(MANDATE, last_charged_on=date(2026, 12, 10)))
    assert (found.open_now, found.opens_at) == (False, at("2026-12-11T07:00:00"))


@pytest.mark.parametrize(("changed", "category", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_a_mandate_that_does_not_allow_the_charge_says_why(changed, category, reason):
    found = window(replace(MANDATE, **changed))
    assert (found.open_now, found.opens_at) == (False, None)
    assert (found.decline.category, found.decline.reason) == (category, reason)


def test_the_limit_of_the_plan_counts_beside_the_limit_of_the_mandate():
    wide = replace(MANDATE, terms=replace(TERMS, single_limit=Money(100_000, "CNY")))
    assert window(wide, amount=Money(LIMIT, "CNY")).open_now
    assert window(wide, amount=Money(LIMIT + 1, "CNY")).decline.reason is Reason.AMOUNT_OVER_MANDATE


@given(
    minutes=st.integers(0, 60 * 24 * 12),
    announced=st.none() | st.integers(0, 60 * 24 * 5),
    signed=st.none() | st.integers(0, 60 * 24 * 5),
    charged=st.none() | st.integers(0, 12),
)
def test_no_window_is_ever_open_at_night_or_on_a_day_of_waiting(minutes, announced, signed, charged):
    start = at("2026-12-01T00:00:00")
    now = start + timedelta(minutes=minutes)
    mandate = replace(
        MANDATE,
        announced_at=None if announced is None else start + timedelta(minutes=announced),
        signed_at=None if signed is None else start + timedelta(minutes=signed),
        last_charged_on=None if charged is None else start.date() + timedelta(days=charged),
    )
    found = charge_window(mandate, AMOUNT, now, LIMIT)
    if not found.open_now:
        return
    assert 7 <= now.hour < 22
    assert mandate.last_charged_on is None or now.date() > mandate.last_charged_on
    free = mandate.signed_at and now < mandate.signed_at + timedelta(hours=12)
    if mandate.announced_at and not free:
        assert 2 <= (now.date() - mandate.announced_at.date()).days <= 7
