"""A debit that failed is told to the person: nothing was taken, and what happens next. By the gate, like everything."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from common.clock import today
from compliance.models import ContactPolicy
from payments.debits import debit_due_instalments
from payments.models import Instalment, RetryDecision
from payments.plans import create_plan
from payments.retries.moving import days_to_choose, move_retry
from reminders.dispatch.content import compose
from reminders.models import Message
from reminders.services import dispatch_due, ensure_default_templates
from tests import factories
from tests.payments.helpers import open_page, signed_mandate, tell_the_people
from wallets.services import revoke_mandate

pytestmark = pytest.mark.django_db(transaction=True)
NO_MONEY = "ACQ.BUYER_BALANCE_NOT_ENOUGH"
NO_WALLET = "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE"
TROUBLE = "ACQ.TRADE_HAS_CLOSE"
DEBITS = ("debit_failed", "debit_stopped")


@pytest.fixture
def plan(account, wallet, alipay):
    ensure_default_templates()
    factories.round_the_clock()
    ContactPolicy.objects.create(
        name="Round the clock", window_start=time.min, window_end=time.max, daily_cap=9, weekly_cap=9,
        effective_from=date(2020, 1, 1),
    )  # fmt: skip
    mandate = signed_mandate(account, wallet, first_debit_on=today("Asia/Shanghai") + timedelta(days=7))
    return create_plan(account, parts=[(today("Asia/Shanghai") + timedelta(days=3), 40_000)], mandate=mandate)


def fail(wallet, code: str = NO_MONEY) -> None:
    wallet.move_clock(hours=9)
    tell_the_people()
    wallet.move_clock(days=3)
    wallet.control.fault("decline", method="alipay.trade.pay", code=code)
    debit_due_instalments()


def told() -> list[Message]:
    return list(Message.objects.filter(purpose__in=DEBITS).order_by("pk"))


def words() -> list[str]:
    return [compose(message, message.account).text for message in told()]


def send() -> list[tuple[str, str]]:
    """What became of each; in the app, where nothing has to be reached."""
    Message.objects.filter(purpose__in=DEBITS).update(channel="in_app", channels_left=[])
    dispatch_due()
    return [(message.purpose, message.state) for message in told()]


def test_who_was_short_of_money_hears_that_nothing_was_taken_and_when_the_next_try_is(plan, wallet):
    fail(wallet)
    [text] = words()
    again = RetryDecision.objects.get().instalment.retry_on
    assert "CN¥400.00" in text and "Nothing was taken" in text and f"{again.day}, {again.year}" in text
    assert send() == [("debit_failed", "delivered")]


def test_the_same_in_chinese(plan, account, wallet):
    account.debtor.language = "zh-hans"
    account.debtor.save()
    fail(wallet)
    [message] = told()
    again = RetryDecision.objects.get().instalment.retry_on
    text = compose(message, type(account).objects.get()).text
    assert "未能" in text and f"{again.month}月{again.day}日" in text


def test_where_there_is_no_next_try_nobody_is_promised_one(plan, wallet):
    fail(wallet, NO_WALLET)
    [text] = words()
    assert Instalment.objects.get().state == "missed" and "do not try" in text
    assert send() == [("debit_stopped", "delivered")]


def test_trouble_at_the_wallet_that_passes_in_minutes_is_told_to_nobody(plan, wallet):
    fail(wallet, TROUBLE)
    assert RetryDecision.objects.get().ladder == "trouble" and told() == []


def test_the_same_failure_is_told_once(plan, wallet):
    fail(wallet)
    debit_due_instalments()
    assert len(told()) == 1


def test_who_pays_meanwhile_hears_only_of_that(plan, account, wallet):
    fail(wallet)
    wallet.pay(open_page(account, 40_000).action.url)
    wallet.deliver(2)
    assert [message.state for message in told()] == ["cancelled"]


def test_who_ends_the_agreement_is_not_told_of_a_next_try(plan, wallet):
    fail(wallet)
    revoke_mandate(plan.mandate, reason="no more")
    assert [message.state for message in told()] == ["cancelled"]


def test_who_moves_the_day_first_is_not_told_of_the_old_one(plan, account, wallet):
    fail(wallet)
    row = RetryDecision.objects.get().instalment
    day = next(day for day, _moment in days_to_choose(RetryDecision.objects.get()) if day != row.retry_on)
    move_retry(account, day)
    assert send() == [("debit_failed", "cancelled")]


def test_who_is_not_to_be_contacted_is_not(plan, account, wallet):
    fail(wallet)
    account.debtor.holds.create(kind="dispute", blocks=["contact"], reason="says it is not theirs")
    assert send() == [("debit_failed", "blocked")]
