"""A debit left us and the wallet does not know it: the same number is sent again while that can move no money twice."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from accounts.models import Event
from common.clock import now
from payments.debits import debit_due_instalments
from payments.debits.claiming import claim_debits
from payments.debits.planning import plan_debits
from payments.models import Attempt
from payments.services import look_up_due_attempts
from payments.services.waiting import LADDER
from tests.payments.helpers import balance, books_are_right, kinds, only_attempt, planned_debit, tell_the_people
from tests.payments.test_paypal_payments import dollars, is_settled, phone, reach_the_debit, running_paypal, signed_plan

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["dollars", "phone", "running_paypal"]

CHARGE = "alipay.trade.pay"


@pytest.fixture
def plan(account, wallet, alipay):
    plan = planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)
    return plan


def ask(wallet, rungs: int, *, first: int = 0) -> None:
    """The look-ups of so many rungs of the ladder, each at its time."""
    for rung in LADDER[first : first + rungs]:
        wallet.move_clock(seconds=rung.total_seconds() + 1)
        look_up_due_attempts()


def test_a_debit_the_wallet_never_heard_of_is_sent_again_under_its_own_number(plan, account, wallet):
    wallet.control.fault("timeout_before_commit", method=CHARGE)
    debit_due_instalments()
    reference = only_attempt().merchant_reference
    ask(wallet, 3)
    assert only_attempt().state == "unknown" and debit_due_instalments().sent == 0, "its books may still lag"
    ask(wallet, 1, first=3)
    assert (only_attempt().state, only_attempt().reason) == ("created", "unheard_of")
    assert debit_due_instalments().sent == 1
    assert wallet.debits(out_trade_no=reference) == wallet.debits() == 1 and only_attempt().state == "succeeded"
    assert balance(account) == 85_000 and books_are_right()
    assert kinds(account).count("payment.sent_again") == 1 and kinds(account).count("payment.started") == 1


def test_a_first_call_that_arrives_after_all_and_the_second_are_one_debit(plan, account, wallet):
    """The wallet knows the number by then, and answers the second call with what became of the first."""
    wallet.control.fault("timeout_before_commit", method=CHARGE)
    debit_due_instalments()
    ask(wallet, 4)
    wallet.control.fault("timeout_after_commit", method=CHARGE)
    debit_due_instalments()
    assert only_attempt().state == "unknown" and wallet.debits() == 1
    Attempt.objects.update(state="created", look_up_at=None)
    assert debit_due_instalments().sent == 1
    assert wallet.debits() == 1 and only_attempt().state == "succeeded" and balance(account) == 85_000


def test_each_time_it_is_waited_for_longer_and_after_a_day_a_person_has_it(plan, account, wallet):
    wallet.control.fault("timeout_before_commit", method=CHARGE, times=500)
    debit_due_instalments()
    began, sent = now(), [timedelta()]
    while not only_attempt().needs_person:
        if debit_due_instalments().sent:
            sent.append(now() - began)
        assert now() < began + timedelta(days=3)
        wallet.move_clock(seconds=max(1, ((only_attempt().look_up_at or now()) - now()).total_seconds() + 1))
        look_up_due_attempts()
    gaps = [after - before for before, after in pairwise(sent)]
    assert len(sent) == 4 and gaps == sorted(gaps), "it is not hammered, nor sent when the agreed day is over"
    assert timedelta(hours=23) < now() - began < timedelta(hours=37)
    assert Attempt.objects.count() == 1 and wallet.debits() == 0
    assert only_attempt().reason == "never_answered" and kinds(account).count("payment.needs_person") == 1
    wallet.move_clock(days=2)
    look_up_due_attempts()
    debit_due_instalments()
    assert wallet.debits() == 0, "and what a person has is not sent by itself"


def test_a_debit_that_may_not_be_made_any_more_is_not_sent_again_and_nothing_follows_it(plan, account, wallet):
    wallet.control.fault("timeout_before_commit", method=CHARGE)
    debit_due_instalments()
    account.debtor.holds.create(kind="dispute", blocks=["debit"], reason="not mine")
    for _turn in range(12):
        wallet.move_clock(hours=3)
        look_up_due_attempts()
        debit_due_instalments()
    assert wallet.debits() == 0 and Attempt.objects.count() == 1
    assert only_attempt().state == "unknown" and only_attempt().needs_person


def test_no_answer_is_not_a_wallet_that_has_not_heard_of_it(plan, account, wallet):
    wallet.control.fault("timeout_before_commit", method=CHARGE)
    wallet.control.fault("http_500", method="alipay.trade.query", times=500)
    debit_due_instalments()
    ask(wallet, 6)
    assert only_attempt().state == "unknown" and debit_due_instalments().sent == 0
    assert not Event.objects.filter(kind="payment.sent_again").exists()


LOST_AT_PAYPAL = "orders.create"


def test_a_number_remembered_for_hours_is_repeated_within_them(dollars, phone):
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    phone.control.fault("timeout_before_commit", method=LOST_AT_PAYPAL)
    debit_due_instalments()
    ask(phone, 4)
    assert debit_due_instalments().sent == 1
    assert is_settled(dollars) and phone.debits() == 1 and Attempt.objects.count() == 1


def test_what_paypal_made_and_does_not_list_yet_is_found_by_repeating_its_number(dollars, phone):
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    phone.control.fault("timeout_after_commit", method=LOST_AT_PAYPAL)
    debit_due_instalments()
    ask(phone, 4)
    assert phone.debits() == 1 and balance(dollars) > 0, "its books lag for hours"
    debit_due_instalments()
    assert is_settled(dollars) and phone.debits() == 1


def test_a_number_that_may_be_forgotten_is_not_sent_again(dollars, phone):
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    phone.control.fault("timeout_before_commit", method=LOST_AT_PAYPAL)
    debit_due_instalments()
    phone.move_clock(hours=6)
    Attempt.objects.update(look_ups=4)
    for _turn in range(10):
        look_up_due_attempts()
        assert debit_due_instalments().sent == 0
        phone.move_clock(hours=3)
    assert phone.debits() == 0 and only_attempt().needs_person, "the longest clearing is for money PayPal knows of"


def test_a_number_that_was_forgotten_while_it_waited_for_a_worker_is_not_sent(dollars, phone):
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    phone.control.fault("timeout_before_commit", method=LOST_AT_PAYPAL)
    debit_due_instalments()
    ask(phone, 4)
    assert only_attempt().state == "created"
    phone.move_clock(hours=7)
    assert debit_due_instalments().sent == 0
    assert (only_attempt().state, only_attempt().reason, phone.debits()) == ("unknown", "number_forgotten", 0)


def test_a_claim_lost_at_paypal_is_sent_by_the_next_worker(dollars, phone):
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    plan_debits(10)
    assert len(claim_debits(10)) == 1
    phone.move_clock(minutes=3)
    look_up_due_attempts()
    assert debit_due_instalments().sent == 1
    assert is_settled(dollars) and phone.debits() == 1
