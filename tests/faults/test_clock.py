"""The clock jumps, goes back, or meets the day on which it is changed. A debit is made once, on its day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.clock import now
from common.errors import PlatformError
from common.models import ClockShift
from payments.debits import debit_due_instalments
from payments.debits.calendar import shortest_notice
from payments.models import Attempt, Instalment
from payments.plans import create_plan
from tests import factories
from tests.faults.settling import due_debits, set_back, sound, tick
from tests.payments.helpers import balance, signed_mandate, tell_the_people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


def test_a_jump_of_months_in_the_middle_of_a_debit_debits_nobody_twice(wallet, alipay, workers):
    accounts = due_debits(wallet, 3)
    workers.kill_fork_at("after_answer", debit_due_instalments)
    taken = wallet.debits()
    assert taken and Attempt.objects.filter(state="sending").count() >= taken
    wallet.move_clock(days=100)
    assert sound(wallet)
    firsts = Attempt.objects.filter(payment__instalment__number=1, state="succeeded")
    assert firsts.count() >= taken and all(balance(account) <= 125_000 for account in accounts)


def test_after_a_jump_the_instalments_that_were_overtaken_are_announced_before_they_are_debited(wallet, alipay):
    (account,) = due_debits(wallet, 1)
    debit_due_instalments()
    wallet.move_clock(days=29)
    second = Instalment.objects.get(number=2)
    assert second.state == "scheduled"
    for _hour in range(3):
        tick()
        wallet.move_clock(hours=1)
    assert wallet.debits() == 1, "nobody was told of the second debit"
    tell_the_people()
    told = Instalment.objects.get(number=2).notice_sent_at
    wallet.move_clock(hours=20)
    tick()
    assert wallet.debits() == 1 and now() - told < shortest_notice()
    wallet.move_clock(hours=5)
    assert sound(wallet) and balance(account) in (0, 85_000)


def test_a_clock_that_goes_back_after_a_debit_makes_it_no_second_time(wallet, alipay):
    (account,) = due_debits(wallet, 1)
    debit_due_instalments()
    set_back(wallet, hours=6)
    for _hour in range(8):
        tick()
        wallet.move_clock(hours=1)
    assert sound(wallet) and wallet.debits() == 1 and balance(account) == 85_000


def test_a_clock_that_goes_back_under_a_lost_claim_only_makes_it_wait_longer(wallet, alipay, workers):
    (account,) = due_debits(wallet, 1)
    workers.kill_fork_at("after_answer", debit_due_instalments)
    set_back(wallet, hours=1)
    wallet.move_clock(minutes=3)
    tick()
    assert wallet.debits() == 1 and Attempt.objects.get().state == "sending"
    wallet.move_clock(hours=1)
    assert sound(wallet) and wallet.debits() == 1 and balance(account) == 85_000


def test_nobody_moves_the_sandbox_clock_back_by_its_own_door(wallet, alipay):
    before = ClockShift.current()
    for step in (timedelta(hours=-1), timedelta(0)):
        with pytest.raises(PlatformError):
            ClockShift.advance(step, sandbox=True)
    assert ClockShift.current() == before


CHANGES = [("Europe/Berlin", 1), ("Europe/Berlin", -1), ("America/New_York", 1), ("America/New_York", -1),
           ("Africa/Cairo", 1), ("America/Santiago", -1)]  # fmt: skip


def day_of_change(zone: ZoneInfo, direction: int, after: date) -> date:
    """The next day that is 23 (`direction` 1) or 25 hours long there. Cairo's begins at one o'clock."""
    day = after
    while True:
        day += timedelta(days=1)
        begins, ends = (datetime.combine(day + timedelta(days=n), time(12), zone).utcoffset() for n in (-1, 0))
        if (ends - begins).total_seconds() * direction > 0:
            return day


def go_to(wallet, day: date, at: time, zone: ZoneInfo) -> None:
    ahead = (datetime.combine(day, at, zone) - now()).total_seconds()
    if ahead > 0:
        wallet.move_clock(seconds=ahead)


@pytest.mark.parametrize(("place", "direction"), CHANGES)
def test_an_instalment_due_on_the_day_the_clocks_change_is_debited_once_and_on_that_day(
    wallet, alipay, place, direction
):
    for country in ("EG", "CL"):
        factories.hours_only(country)
    zone = ZoneInfo(place)
    day = day_of_change(zone, direction, now().date() + timedelta(days=6))
    go_to(wallet, day - timedelta(days=4), time(10), zone)
    account = factories.account(person=factories.debtor(time_zone=place))
    mandate = signed_mandate(account, wallet, first_debit_on=day + timedelta(days=1))
    parts = [(day, 40_000), (day + timedelta(days=60), account.balance_minor - 40_000)]
    create_plan(account, parts=parts, mandate=mandate)
    go_to(wallet, day - timedelta(days=2), time(9), zone)
    tell_the_people()
    told = Instalment.objects.get(number=1).notice_sent_at
    assert told
    for hours in (time(23, 59), time(0, 30), time(1, 59), time(7, 59)):
        go_to(wallet, day - timedelta(days=hours.hour == 23), hours, zone)
        tick()
        assert wallet.debits() == 0, f"{hours} is too early"
    for hours in (8, 9, 12, 23):
        go_to(wallet, day, time(hours, 1), zone)
        tick()
        assert wallet.debits() == 1
    moved = Attempt.objects.get().payment.entry.effective_at
    assert moved.astimezone(zone).date() == day and moved - told >= shortest_notice()
    assert sound(wallet) and wallet.debits() == 1 and balance(account) == 85_000


@pytest.mark.parametrize(("place", "direction"), CHANGES[:4])
def test_a_try_that_falls_on_the_day_the_clocks_change_is_made_once_in_the_debtors_hours(
    wallet, alipay, place, direction
):
    zone = ZoneInfo(place)
    day = day_of_change(zone, direction, now().date() + timedelta(days=7))
    eve = day - timedelta(days=1)
    go_to(wallet, eve - timedelta(days=4), time(10), zone)
    account = factories.account(person=factories.debtor(time_zone=place))
    factories.reword("house", "HOUSE-DEBIT", without="min_gap")  # a day between two tries, as the ladder has it
    mandate = signed_mandate(account, wallet, first_debit_on=day + timedelta(days=2))
    parts = [(eve, 40_000), (eve + timedelta(days=60), account.balance_minor - 40_000)]
    create_plan(account, parts=parts, mandate=mandate)
    go_to(wallet, eve - timedelta(days=2), time(9), zone)
    tell_the_people()
    go_to(wallet, eve, time(8, 1), zone)
    wallet.control.fault("decline", method="alipay.trade.pay", code="ACQ.BUYER_BALANCE_NOT_ENOUGH")
    tick()
    planned = Instalment.objects.get(number=1).debit_not_before.astimezone(zone)
    assert planned.date() == day and time(8) <= planned.time() <= time(20), "a day later by the debtor's clock"
    for hour in (0, 1, 3, 7, 12, 21):
        go_to(wallet, day, time(hour), zone)
        tick()
        reached = now() >= planned
        assert wallet.debits() == int(reached)
    assert sound(wallet) and wallet.debits() == 1 and balance(account) == 85_000
