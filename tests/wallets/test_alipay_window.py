"""When a mandate may be charged: five days before the agreed day to that day, once per period."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidInput
from common.money import Money
from tests.wallets.refusals import refusals
from wallets.providers.alipay.gateway import ALIPAY_ZONE
from wallets.providers.alipay.window import charge_window, check_postponed, due_dates
from wallets.providers.base import MandateSnapshot, MandateState, MandateTerms, PeriodUnit, Reason

TERMS = MandateTerms(
    single_limit=Money(5000, "CNY"), period_unit=PeriodUnit.MONTH, period=1, first_charge_on=date(2026, 12, 10)
)
MANDATE = MandateSnapshot(mandate_ref="M1", merchant_ref="E1", state=MandateState.ACTIVE, terms=TERMS)
AMOUNT = Money(1234, "CNY")
REFUSALS = refusals(MANDATE, AMOUNT, date(2026, 12, 7))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ALIPAY_ZONE)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-12-04T23:59:59", False),
        ("2026-12-05T00:00:00", True),
        ("2026-12-10T23:59:59", True),
        ("2026-12-11T00:00:00", False),
        ("2027-01-05T00:00:00", True),
    ],
)
def test_the_window_opens_five_days_before_and_closes_with_the_day(moment, is_open):
    assert charge_window(MANDATE, AMOUNT, at(moment)).open_now is is_open


def test_a_closed_window_says_when_the_next_one_opens():
    window = charge_window(MANDATE, AMOUNT, at("2026-12-11T00:00:00"))
    assert (window.opens_at, window.closes_at) == (at("2027-01-05T00:00:00"), at("2027-01-11T00:00:00"))


def test_the_days_are_beijing_days():
    assert charge_window(MANDATE, AMOUNT, datetime.fromisoformat("2026-12-04T16:00:00+00:00")).open_now


def test_after_a_success_the_window_is_the_next_period():
    charged = replace(MANDATE, last_charged_on=date(2026, 12, 6))
    assert charge_window(charged, AMOUNT, at("2026-12-07T09:00:00")).opens_at == at("2027-01-05T00:00:00")


def test_the_next_charge_day_that_alipay_gave_is_respected():
    moved = replace(MANDATE, next_charge_on=date(2027, 1, 10))
    assert charge_window(moved, AMOUNT, at("2026-12-07T09:00:00")).opens_at == at("2027-01-05T00:00:00")


@pytest.mark.parametrize(("changed", "category", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_a_mandate_that_does_not_allow_the_charge_says_why(changed, category, reason):
    window = charge_window(replace(MANDATE, **changed), AMOUNT, at("2026-12-07T09:00:00"))
    assert (window.open_now, window.opens_at) == (False, None)
    assert (window.decline.category, window.decline.reason) == (category, reason)


def test_a_mandate_ending_before_its_next_window_needs_a_new_signature():
    ending = replace(MANDATE, terms=replace(TERMS, valid_until=date(2026, 12, 20)))
    assert charge_window(ending, AMOUNT, at("2026-12-12T09:00:00")).decline.reason is Reason.MANDATE_EXPIRED


@given(
    first=st.dates(date(2025, 1, 1), date(2030, 1, 1)).filter(lambda day: day.day <= 28),
    unit=st.sampled_from(list(PeriodUnit)),
    period=st.integers(7, 24),
    days=st.integers(0, 900),
)
def test_a_window_always_lies_around_an_agreed_day_and_is_not_past(first, unit, period, days):
    terms = replace(TERMS, first_charge_on=first, period_unit=unit, period=period)
    now = at(f"{first.isoformat()}T12:00:00") + timedelta(days=days)
    window = charge_window(replace(MANDATE, terms=terms), AMOUNT, now)
    due = (window.closes_at - timedelta(seconds=1)).date()
    assert window.closes_at > now
    assert window.opens_at.date() == due - timedelta(days=5)
    assert due in [day for day, _ in zip(due_dates(terms), range(200), strict=False)]


def test_a_day_that_alipay_moved_has_its_own_window_and_the_later_days_stay():
    moved = replace(MANDATE, next_charge_on=date(2026, 12, 20))
    window = charge_window(moved, AMOUNT, at("2026-12-11T09:00:00"))
    assert (window.opens_at, window.closes_at) == (at("2026-12-15T00:00:00"), at("2026-12-21T00:00:00"))
    after = charge_window(moved, AMOUNT, at("2026-12-21T09:00:00"))
    assert after.opens_at == at("2027-01-05T00:00:00")


def test_a_remembered_day_that_has_passed_does_not_hide_the_next_one():
    stale = replace(MANDATE, next_charge_on=date(2026, 11, 10))
    assert charge_window(stale, AMOUNT, at("2026-12-07T09:00:00")).open_now


@pytest.mark.parametrize("day", [date(2026, 12, 10), date(2026, 12, 1), date(2026, 12, 29)])
def test_a_day_is_moved_only_later_and_never_past_the_28th(day):
    with pytest.raises(InvalidInput):
        check_postponed(MANDATE, day, date(2026, 12, 1))
    check_postponed(MANDATE, date(2026, 12, 28), date(2026, 12, 1))
