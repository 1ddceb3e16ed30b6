"""An agreed debit: noticed in time, made once, never when something forbids it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import now
from payments.debits import debit_due_instalments, notice_due_debits
from payments.debits.claiming import claim_debits
from payments.debits.planning import plan_debits
from payments.errors import PaymentStillOpen
from payments.models import Attempt, Instalment, Payment, Plan
from payments.plans import cancel_plan, equal_parts
from payments.selectors import agenda_of, next_due_moment
from payments.services import close_expired_attempts, give_up_attempt, look_up_due_attempts, mark_noticed
from tests import factories
from tests.payments.helpers import (
    balance,
    books_are_right,
    entries,
    kinds,
    only_attempt,
    open_page,
    planned_debit,
    tell_the_people,
)
from wallets.models import Provider
from wallets.services import revoke_mandate


@pytest.fixture
def plan(account, wallet, alipay):
    return planned_debit(account, wallet)


def first_of(plan) -> Instalment:
    return plan.instalments.get(number=1)


def reach_the_notice(wallet):
    wallet.move_clock(hours=12)
    assert tell_the_people() == 1


def reach_the_debit(wallet):
    reach_the_notice(wallet)
    wallet.move_clock(days=3)


def test_a_noticed_instalment_is_debited_once_and_posted(plan, account, wallet):
    reach_the_debit(wallet)
    run = debit_due_instalments()
    assert (run.created, run.sent, run.settled) == (1, 1, 1)
    assert balance(account) == 85_000 and entries(account) == 1 and books_are_right()
    assert first_of(plan).state == "paid" and wallet.debits() == 1
    assert debit_due_instalments().sent == 0 and wallet.debits() == 1


def test_nothing_is_debited_before_the_notice(plan, account, wallet):
    wallet.move_clock(days=3, hours=12)
    assert debit_due_instalments().created == 0
    assert wallet.debits() == 0


def test_the_notice_is_given_three_days_before_and_once(plan, account, wallet):
    reach_the_notice(wallet)
    assert notice_due_debits() == 0
    assert kinds(account).count("debit.noticed") == 1
    row = first_of(plan)
    assert row.state == "noticed" and row.debit_not_before >= row.noticed_at + timedelta(hours=24)


def test_a_notice_given_late_still_gets_its_full_day(plan, account, wallet):
    wallet.move_clock(days=3, hours=6)
    tell_the_people()
    assert debit_due_instalments().created == 0
    assert first_of(plan).debit_not_before > now() + timedelta(hours=23)


def test_the_waiting_time_counts_from_the_moment_the_message_really_went_out(plan, account, wallet):
    wallet.move_clock(hours=12)
    assert notice_due_debits() == 1
    row = first_of(plan)
    wallet.move_clock(days=2, hours=20)
    assert debit_due_instalments().created == 0 and first_of(plan).last_reason == "notice_not_given"
    sent_at = now() - timedelta(hours=23)
    assert mark_noticed(row.pk, sent_at)
    assert first_of(plan).debit_not_before == sent_at + timedelta(hours=24)
    assert debit_due_instalments().created == 0
    wallet.move_clock(hours=1, minutes=1)
    assert debit_due_instalments().settled == 1 and not mark_noticed(row.pk, sent_at)


def test_a_debit_waits_while_a_hold_forbids_it_and_runs_when_it_ends(plan, account, wallet):
    reach_the_debit(wallet)
    hold = account.debtor.holds.create(kind="dispute", blocks=["debit"], reason="not mine")
    debit_due_instalments()
    debit_due_instalments()
    assert first_of(plan).last_reason == "on_hold" and wallet.debits() == 0
    assert kinds(account).count("debit.refused") == 1
    hold.ends_at = now()
    hold.save()
    wallet.move_clock(minutes=11)
    assert debit_due_instalments().settled == 1


def test_a_hold_placed_between_planning_and_sending_stops_the_debit(plan, account, wallet):
    reach_the_debit(wallet)
    assert plan_debits(10).created == 1
    account.debtor.holds.create(kind="dispute", blocks=["debit"], reason="not mine")
    assert debit_due_instalments().sent == 0
    assert only_attempt().state == "closed" and wallet.debits() == 0
    assert Payment.objects.get().state == "cancelled"


def test_a_hold_keeps_the_notice_back_until_it_ends(plan, account, wallet):
    hold = account.debtor.holds.create(account=account, kind="dispute", blocks=["debit"], reason="not mine")
    wallet.move_clock(hours=12)
    assert notice_due_debits() == 0 and first_of(plan).last_reason == "on_hold"
    hold.ends_at = now()
    hold.save()
    assert notice_due_debits() == 1 and first_of(plan).last_reason == ""


def test_a_revoked_mandate_is_never_debited(plan, account, wallet):
    reach_the_debit(wallet)
    revoke_mandate(plan.mandate, reason="changed my mind")
    assert debit_due_instalments().created == 0
    assert first_of(plan).last_reason == "mandate_stopped" and wallet.debits() == 0


def test_a_mandate_unsigned_in_the_wallet_without_a_word_to_us_is_found_out_before_the_charge(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("drop")
    wallet.control.user("unsign", agreement_no=plan.mandate.provider_reference)
    debit_due_instalments()
    plan.mandate.refresh_from_db()
    assert plan.mandate.state == "revoked" and wallet.debits() == 0
    assert only_attempt().state == "closed" and only_attempt().reason == "mandate_revoked"


def test_a_mandate_that_ran_out_silently_is_found_out_before_the_charge(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.user("expire", agreement_no=plan.mandate.provider_reference)
    debit_due_instalments()
    plan.mandate.refresh_from_db()
    assert plan.mandate.state == "expired" and wallet.debits() == 0


def test_an_amount_over_the_cap_is_refused(account, wallet, alipay):
    plan = planned_debit(account, wallet, minor=60_000, cap=50_000)
    reach_the_debit(wallet)
    assert debit_due_instalments().refused == 1
    assert first_of(plan).last_reason == "over_cap" and wallet.debits() == 0


def test_no_more_is_debited_than_is_still_owed(plan, account, wallet):
    wallet.pay(open_page(account, 100_000).action.url)
    wallet.deliver(2)
    plan.instalments.filter(number=1).update(paid_minor=0, state="scheduled")
    reach_the_debit(wallet)
    debit_due_instalments()
    assert balance(account) == 0 and Attempt.objects.last().amount_minor == 25_000


def test_outside_the_wallets_window_the_debit_waits_for_the_next_one(plan, account, wallet):
    reach_the_notice(wallet)
    wallet.move_clock(days=9)
    debit_due_instalments()
    row = first_of(plan)
    assert row.last_reason == "outside_window" and row.debit_not_before > now() + timedelta(days=10)
    assert wallet.debits() == 0


def test_a_wallet_that_is_switched_off_debits_nobody(plan, account, wallet):
    reach_the_debit(wallet)
    Provider.objects.update(status="switched_off")
    debit_due_instalments()
    assert first_of(plan).last_reason == "provider_switched_off" and wallet.debits() == 0


def test_an_open_payment_page_makes_the_debit_wait_and_is_then_closed_first(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.open(open_page(account, 10_000).action.url)
    assert debit_due_instalments().created == 0
    assert first_of(plan).last_reason == "payment_open"
    wallet.move_clock(minutes=18)
    run = debit_due_instalments()
    assert (run.created, run.settled) == (1, 1)
    assert Payment.objects.get(source="link").state == "cancelled" and balance(account) == 85_000


def test_an_abandoned_page_that_was_paid_after_all_counts_for_the_instalment(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.pay(open_page(account, 40_000).action.url)
    wallet.move_clock(minutes=18)
    debit_due_instalments()
    assert first_of(plan).state == "paid" and balance(account) == 85_000 and wallet.debits() == 1


@pytest.mark.usefixtures("days_of_the_ladder")
def test_a_declined_debit_is_tried_again_later_within_its_budget(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("decline", method="alipay.trade.pay", code="ACQ.BUYER_BALANCE_NOT_ENOUGH")
    debit_due_instalments()
    row = first_of(plan)
    assert (row.state, row.attempts_used, row.last_reason) == ("noticed", 1, "insufficient_funds")
    assert row.debit_not_before > now() + timedelta(hours=4)
    assert debit_due_instalments().created == 0 and "payment.failed" in kinds(account)


def test_a_final_refusal_is_not_repeated(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("decline", method="alipay.trade.pay", code="ACQ.BUYER_NOT_EXIST")
    debit_due_instalments()
    assert first_of(plan).state == "missed" and "instalment.missed" in kinds(account)


def test_our_own_mistake_does_not_use_up_the_debtors_tries(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("decline", method="alipay.trade.pay", code="ACQ.CYCLE_PAY_DATE_NOT_MATCH")
    debit_due_instalments()
    assert first_of(plan).attempts_used == 0


def test_a_timeout_after_the_wallet_took_the_money_is_looked_up_and_posted_once(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("timeout_after_commit", method="alipay.trade.pay")
    debit_due_instalments()
    assert only_attempt().state == "unknown" and balance(account) == 125_000
    assert debit_due_instalments().created == 0
    wallet.move_clock(seconds=6)
    look_up_due_attempts()
    assert balance(account) == 85_000 and wallet.debits() == 1 and entries(account) == 1


def test_a_timeout_nobody_clears_up_in_a_day_is_left_to_a_person_who_may_give_it_up(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("timeout_before_commit", method="alipay.trade.pay")
    debit_due_instalments()
    for _rung in range(7):
        wallet.move_clock(hours=7)
        look_up_due_attempts()
        debit_due_instalments()
    attempt = only_attempt()
    assert wallet.debits() == 0 and attempt.state == "unknown"
    assert attempt.needs_person and attempt.reason == "never_answered"
    assert kinds(account).count("payment.needs_person") == 1
    person = factories.user(role="lead")
    assert give_up_attempt(attempt, by=person, reason="the wallet's support says no").state == "closed"
    assert Payment.objects.get().state == "cancelled" and "payment.given_up" in kinds(account)


def test_giving_up_asks_the_wallet_once_more_and_posts_what_it_finds(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("timeout_after_commit", method="alipay.trade.pay")
    debit_due_instalments()
    Attempt.objects.update(needs_person=True, look_up_at=None)
    assert give_up_attempt(only_attempt(), by=factories.user(role="lead"), reason="x").state == "succeeded"
    assert balance(account) == 85_000


def test_a_debit_the_wallet_accepted_is_posted_when_it_is_final(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("accept_only", method="alipay.trade.pay")
    debit_due_instalments()
    assert only_attempt().state == "pending" and balance(account) == 125_000
    wallet.control.user("pay", out_trade_no=only_attempt().merchant_reference)
    wallet.move_clock(seconds=31)
    look_up_due_attempts()
    assert balance(account) == 85_000 and wallet.debits() == 1


def test_an_outage_is_waited_out_under_the_same_reference(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("http_429", method="alipay.trade.pay")
    wallet.control.fault("http_500", method="alipay.user.agreement.query")
    debit_due_instalments()
    reference = only_attempt().merchant_reference
    for _try in range(2):
        assert only_attempt().state == "created" and wallet.debits() == 0
        assert debit_due_instalments().sent == 0
        wallet.move_clock(minutes=11)
        debit_due_instalments()
    assert wallet.debits(out_trade_no=reference) == wallet.debits() == 1 and balance(account) == 85_000
    assert kinds(account).count("payment.started") == 1


def test_a_debit_that_waits_for_the_wallet_gives_way_to_a_payer(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("http_429", method="alipay.trade.pay")
    debit_due_instalments()
    wallet.pay(open_page(account, 40_000).action.url)
    wallet.deliver(2)
    wallet.move_clock(minutes=11)
    debit_due_instalments()
    assert wallet.debits() == 1 and first_of(plan).state == "paid" and balance(account) == 85_000


def test_a_debit_whose_worker_died_is_not_given_up_for_a_payer_because_it_may_still_arrive(plan, account, wallet):
    reach_the_debit(wallet)
    plan_debits(10)
    claim_debits(10)
    wallet.move_clock(minutes=3)
    look_up_due_attempts()
    assert only_attempt().state == "created"
    with pytest.raises(PaymentStillOpen):
        open_page(account, 40_000)
    debit_due_instalments()
    assert wallet.debits() == 1 and balance(account) == 85_000


def test_a_hold_placed_during_an_outage_stops_the_debit_that_waits(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("http_429", method="alipay.trade.pay")
    debit_due_instalments()
    account.debtor.holds.create(kind="dispute", blocks=["debit"], reason="not mine")
    wallet.move_clock(minutes=11)
    debit_due_instalments()
    assert only_attempt().state == "closed" and only_attempt().reason == "on_hold" and wallet.debits() == 0


def test_a_payer_waits_for_a_debit_that_is_in_flight(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("timeout_after_commit", method="alipay.trade.pay")
    debit_due_instalments()
    with pytest.raises(PaymentStillOpen):
        open_page(account, 40_000)


def test_the_last_instalment_completes_the_plan(account, wallet, alipay):
    account.refresh_from_db()
    plan = planned_debit(account, wallet, minor=90_000, cap=100_000)
    reach_the_debit(wallet)
    debit_due_instalments()
    wallet.move_clock(days=27)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)
    debit_due_instalments()
    plan.refresh_from_db()
    assert plan.state == "completed" and balance(account) == 0 and account.status == "paid"


def test_paying_everything_by_link_ends_what_was_planned(plan, account, wallet):
    reach_the_notice(wallet)
    wallet.pay(open_page(account).action.url)
    wallet.deliver(2)
    wallet.move_clock(days=3)
    assert debit_due_instalments().created == 0
    plan.refresh_from_db()
    assert plan.state == "completed" and wallet.debits() == 1


def test_a_cancelled_plan_is_not_debited(plan, account, wallet):
    reach_the_debit(wallet)
    cancel_plan(plan, reason="asked for it")
    assert debit_due_instalments().created == 0
    assert Plan.objects.get().state == "cancelled"


def test_the_agenda_says_what_happens_next(plan, account, wallet):
    before = agenda_of(account)
    assert before.amount.minor == 40_000 and before.noticed_at is None and before.notice_from < before.debit_from
    assert next_due_moment() == before.notice_from
    reach_the_notice(wallet)
    assert next_due_moment() == agenda_of(account).debit_from


def test_equal_parts_sum_to_the_whole(account):
    parts = equal_parts(account.balance, count=7, first_on=account.due_date)
    assert sum(minor for _day, minor in parts) == 125_000 and len(parts) == 7


def test_closing_expired_pages_leaves_debits_alone(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.control.fault("timeout_after_commit", method="alipay.trade.pay")
    debit_due_instalments()
    assert close_expired_attempts() == 0
