"""Debits that fail at the simulated wallet, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from common.clock import now, today
from payments.debits import debit_due_instalments
from payments.models import Attempt, Instalment, RetryDecision
from payments.plans import cancel_plan, create_plan
from tests.payments.helpers import balance, kinds, open_page, planned_debit, signed_mandate, tell_the_people
from wallets.services import pause_mandate, revoke_mandate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("days_of_the_ladder")]
NO_MONEY = "ACQ.BUYER_BALANCE_NOT_ENOUGH"
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def plan(account, wallet, alipay):
    return planned_debit(account, wallet)


@pytest.fixture
def early(account, wallet, alipay):
    """One instalment due tomorrow whose agreed day is five days on: days are left in the wallet's window."""
    mandate = signed_mandate(account, wallet, first_debit_on=today("Asia/Shanghai") + timedelta(days=7))
    return create_plan(account, parts=[(today("Asia/Shanghai") + timedelta(days=3), 40_000)], mandate=mandate)


def first(plan) -> Instalment:
    return plan.instalments.get(number=1)


def refuse(wallet, code: str = NO_MONEY) -> None:
    wallet.control.fault("decline", method="alipay.trade.pay", code=code)


def fail_once(wallet, code: str = NO_MONEY) -> None:
    wallet.move_clock(hours=9)
    tell_the_people()
    wallet.move_clock(days=3)
    refuse(wallet, code)
    debit_due_instalments()


def last_decision() -> RetryDecision:
    return RetryDecision.objects.order_by("-pk")[0]


def go_to(wallet, moment) -> None:
    wallet.move_clock(seconds=(moment - now()).total_seconds() + 1)


def test_the_next_try_is_made_on_its_day_under_a_new_reference_and_pays(early, account, wallet):
    fail_once(wallet)
    row, decision = first(early), last_decision()
    assert (decision.outcome, decision.ladder, decision.rung) == ("retry", "declined", 0)
    assert row.debit_not_before == decision.next_at and row.retry_on == today("Asia/Shanghai") + timedelta(days=1)
    assert debit_due_instalments().created == 0
    go_to(wallet, decision.next_at)
    assert debit_due_instalments().settled == 1
    assert balance(account) == 85_000 and wallet.debits() == 1
    assert Attempt.objects.values("merchant_reference").distinct().count() == 2
    assert first(early).state == "paid" and "instalment.retry_planned" in kinds(account)


def test_every_decision_keeps_its_reasons(early, account, wallet):
    fail_once(wallet)
    codes = [reason["code"] for reason in last_decision().because]
    assert codes == ["failed", "rung", "left"] and last_decision().reason == "insufficient_funds"


def test_the_rungs_are_climbed_one_by_one_until_the_window_is_over(early, account, wallet):
    fail_once(wallet)
    rungs = []
    while first(early).state == "noticed":
        rungs.append(last_decision().rung)
        go_to(wallet, last_decision().next_at)
        refuse(wallet)
        debit_due_instalments()
    assert rungs[:2] == [0, 1] and len(rungs) <= 3 and wallet.debits() == 0
    assert Attempt.objects.count() <= 4 and last_decision().outcome in ("stop", "announce")


def test_on_the_last_day_of_the_window_there_is_one_more_try_that_evening_and_then_it_is_missed(plan, account, wallet):
    fail_once(wallet)
    decision = last_decision()
    local = decision.next_at.astimezone(SHANGHAI)
    assert (local.date(), local.hour) == (today("Asia/Shanghai"), 19)
    go_to(wallet, decision.next_at)
    refuse(wallet)
    debit_due_instalments()
    assert first(plan).state == "missed" and last_decision().reason == "no_day_left"
    assert first(plan).attempts_used == 2 and first(plan).last_reason == "insufficient_funds"


def test_the_last_instalment_waits_for_the_next_window_and_is_announced_anew(account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    plan = create_plan(account, parts=[(mandate.first_debit_on, 40_000)], mandate=mandate)
    fail_once(wallet)
    row, decision = first(plan), last_decision()
    assert decision.outcome == "announce" and decision.because[-2] == {"code": "told_anew"}
    assert (row.state, row.notice_round, row.announced_minor) == ("scheduled", 1, None)
    assert row.retry_on == today("Asia/Shanghai") + timedelta(days=25)
    wallet.move_clock(days=10)
    assert tell_the_people() == 0
    go_to(wallet, decision.next_at - timedelta(days=3))
    assert tell_the_people() == 1
    go_to(wallet, decision.next_at)
    debit_due_instalments()
    assert first(plan).state == "paid" and wallet.debits() == 1


def test_trouble_of_the_wallet_is_tried_again_in_minutes_and_is_not_the_debtors_try(plan, account, wallet):
    fail_once(wallet, "ACQ.TRADE_HAS_CLOSE")
    decision = last_decision()
    assert decision.ladder == "trouble" and decision.next_at - now() <= timedelta(minutes=5)
    assert first(plan).attempts_used == 0
    go_to(wallet, decision.next_at)
    debit_due_instalments()
    assert first(plan).state == "paid" and wallet.debits() == 1


def test_a_refusal_that_only_the_debtor_can_mend_stops_it_at_once(early, account, wallet):
    fail_once(wallet, "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE")
    row = first(early)
    assert (row.state, row.retry_on, last_decision().reason) == ("missed", None, "other_wallet")
    assert "instalment.missed" in kinds(account)


STOPS = {
    "revoked": lambda plan, account: revoke_mandate(plan.mandate, reason="asked for"),
    "paused": lambda plan, account: pause_mandate(plan.mandate, reason="asked for"),
    "held": lambda plan, account: account.debtor.holds.create(kind="dispute", blocks=["debit"], reason="not mine"),
    "dead": lambda plan, account: account.debtor.holds.create(kind="deceased", blocks=["debit"], reason="told"),
    "cancelled": lambda plan, account: cancel_plan(plan, reason="asked for"),
}


@pytest.mark.parametrize("stop", STOPS)
def test_a_planned_retry_does_not_outlive_its_reason(early, account, wallet, stop):
    fail_once(wallet)
    moment = last_decision().next_at
    STOPS[stop](early, account)
    go_to(wallet, moment)
    debit_due_instalments()
    wallet.move_clock(hours=1)
    debit_due_instalments()
    assert wallet.debits() == 0 and Attempt.objects.count() == 1


def test_a_debtor_who_pays_meanwhile_is_not_debited_again(early, account, wallet):
    fail_once(wallet)
    moment = last_decision().next_at
    wallet.pay(open_page(account, 40_000).action.url)
    wallet.deliver(2)
    go_to(wallet, moment)
    debit_due_instalments()
    assert first(early).state == "paid" and wallet.debits() == 1 and balance(account) == 85_000


def test_after_a_pause_the_retry_is_announced_for_its_own_day_and_not_sooner(account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    plan = create_plan(account, parts=[(mandate.first_debit_on, 40_000)], mandate=mandate)
    fail_once(wallet)
    planned = first(plan).retry_on
    pause_mandate(mandate, reason="asked for")
    assert first(plan).retry_on == planned and first(plan).debit_on == planned


def test_deciding_twice_about_one_attempt_changes_nothing(early, account, wallet):
    from payments.retries.applying import after_failed_debits

    fail_once(wallet)
    before = first(early).debit_not_before
    after_failed_debits([Attempt.objects.select_related("payment__account").get()])
    assert RetryDecision.objects.count() == 1 and first(early).debit_not_before == before
    assert first(early).attempts_used == 1
