"""The wallets' own rules hold for a retry: WeChat's days after its notice, Alipay's days before the agreed one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.money import Money
from payments.retries.budget import Budget
from payments.retries.calendar import Calendar
from payments.retries.deciding import Situation, next_try
from payments.retries.house import House
from payments.retries.learning import Counters
from payments.retries.rules import FUNDS, LIMIT
from wallets.providers.alipay import window as alipay
from wallets.providers.base import MandateSnapshot, MandateState, MandateTerms, PeriodUnit
from wallets.providers.wechat import window as wechat

BEIJING = ZoneInfo("Asia/Shanghai")
AMOUNT = Money(40_000, "CNY")
DUE = date(2026, 3, 10)
TERMS = MandateTerms(single_limit=Money(50_000, "CNY"), period_unit=PeriodUnit.DAY, period=30, first_charge_on=DUE)


def beijing(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=BEIJING).astimezone(UTC)


def mandate(**fields) -> MandateSnapshot:
    base = {"mandate_ref": "1", "merchant_ref": "1", "state": MandateState.ACTIVE, "terms": TERMS}
    return MandateSnapshot(**base | {"signed_at": beijing(1)} | fields)


def calendar(window, *, since: datetime, until: datetime, zone: ZoneInfo = BEIJING) -> Calendar:
    return Calendar(
        zone=zone,
        opens=time(8),
        closes=time(20),
        since=since,
        until=until,
        window=window,
        next_period=lambda _day: None,
    )


def by_wechat(announced_at: datetime | None = None):
    """Under the notice that was given; without one, as if announced three days before."""

    def window(moment: datetime):
        told = announced_at or moment - timedelta(days=3)
        return wechat.charge_window(mandate(announced_at=told), AMOUNT, moment, 50_000)

    return window


def decide(at: datetime, told: Calendar | None, anew: Calendar | None, *, rungs_used: int = 0, rule=FUNDS):
    return next_try(
        Situation(
            at=at,
            reason="insufficient_funds",
            rule=rule,
            rungs_used=rungs_used,
            budget=Budget(left=3, free_at=None),
            house=House(),
            told=told,
            anew=anew,
            counters=Counters(),
        )
    )


@pytest.mark.parametrize(
    ("failed_on", "rung", "outcome", "day"), [(10, 0, "retry", 11), (11, 1, "retry", 14), (14, 2, "announce", 19)]
)
def test_wechat_takes_retries_until_the_seventh_day_after_its_notice_and_then_wants_a_new_one(
    failed_on, rung, outcome, day
):
    at, until = beijing(failed_on, 9), beijing(28)
    told = calendar(by_wechat(beijing(7, 9)), since=at, until=until)
    anew = calendar(by_wechat(), since=at + timedelta(days=3), until=until)
    decision = decide(at, told, anew, rungs_used=rung)
    assert (decision.outcome, decision.moment.astimezone(BEIJING).day) == (outcome, day)


def test_wechat_is_asked_only_between_seven_and_ten_in_the_evening_in_beijing_wherever_the_debtor_is():
    at = datetime(2026, 3, 10, 14, tzinfo=UTC)
    told = calendar(by_wechat(beijing(7, 9)), since=at, until=beijing(28), zone=ZoneInfo("America/New_York"))
    moment = decide(at, told, None, rule=LIMIT).moment
    assert 7 <= moment.astimezone(BEIJING).hour < 22 and 8 <= moment.astimezone(ZoneInfo("America/New_York")).hour < 20


def test_wechat_debits_once_a_day_so_a_day_with_a_success_is_passed_over():
    at = beijing(10, 9)

    def window(moment: datetime):
        seen = mandate(announced_at=beijing(7, 9), last_charged_on=date(2026, 3, 11))
        return wechat.charge_window(seen, AMOUNT, moment, 50_000)

    decision = decide(at, calendar(window, since=at, until=beijing(28)), None)
    assert decision.moment.astimezone(BEIJING).day == 12


def test_alipay_takes_a_retry_up_to_the_agreed_day_and_not_after_it():
    def window(moment: datetime):
        return alipay.charge_window(mandate(), AMOUNT, moment)

    early = calendar(window, since=beijing(6, 9), until=beijing(28))
    assert decide(beijing(6, 9), early, None).moment.astimezone(BEIJING).day == 7
    late = calendar(window, since=beijing(10, 9), until=beijing(28))
    evening = decide(beijing(10, 9), late, None)
    assert evening.moment.astimezone(BEIJING) == beijing(10, 19).astimezone(BEIJING)
    assert decide(beijing(10, 19), late, None).reason == "no_day_left"
