"""A refund worker is killed with SIGKILL at the worst moments. The payer gets the money once, and the books say so."""

from __future__ import annotations

import os

import pytest

from common.money import Money
from payments.models import JournalEntry, Refund
from payments.refunds import approve_refund, look_up_due_refunds, request_refund, send_due_refunds
from payments.services import refresh_payment
from reminders.lost_notices import plan_lost_notices
from reminders.models import Message
from tests.faults.settling import sound
from tests.faults.workers import SET_UP
from tests.payments.helpers import balance, books_are_right, open_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

LEASE_OVER = {"minutes": 3}
SEND = SET_UP + "from payments.refunds import send_due_refunds; send_due_refunds()"


@pytest.fixture
def refund(account, wallet, alipay, agent, lead) -> Refund:
    """200.00 of a payment of 500.00 may go back now: one person asked, another agreed."""
    started = open_page(account, 50_000)
    wallet.pay(started.action.url)
    payment = refresh_payment(started.payment)
    found = request_refund(
        payment, amount=Money(20_000, "CNY"), purpose="owed_again", way="wallet", reason="by mistake", by=agent
    )
    return approve_refund(found, by=lead)


def given_back(wallet) -> list[str]:
    (trade,) = wallet.control.get("alipay/trades")["trades"]
    return [one["amount"] for one in trade["refunds"].values()]


def told() -> list[str]:
    return list(Message.objects.filter(purpose__in=("refund_sent", "refund_done")).values_list("purpose", flat=True))


def refunded_once(account, wallet) -> bool:
    return (
        given_back(wallet) == ["200.00"]
        and Refund.objects.get().state == "succeeded"
        and not Refund.objects.filter(needs_person=True).exists()
        and JournalEntry.objects.filter(kind="refund").count() == 1
        and balance(account) == 75_000 + 20_000
        and books_are_right()
    )


def nothing_is_left(account, wallet) -> bool:
    """Days later, with everything the workers do in between."""
    return refunded_once(account, wallet) and sound(wallet) and refunded_once(account, wallet)


def find_out_and_send() -> None:
    look_up_due_refunds()
    send_due_refunds()


def go_on(wallet) -> None:
    for _turn in range(3):
        find_out_and_send()
        wallet.move_clock(**LEASE_OVER)


def test_killed_between_the_answer_and_our_commit_the_refund_is_found_and_not_repeated(
    refund, account, wallet, workers
):
    workers.kill_at("refund_after_answer", SEND)
    assert given_back(wallet) == ["200.00"] and not JournalEntry.objects.filter(kind="refund").exists()
    assert Refund.objects.get().state == "sending", "the wallet gave the money back and we do not know it"
    find_out_and_send()
    assert Refund.objects.get().state == "sending", "a claim whose lease still runs belongs to its worker"
    wallet.move_clock(**LEASE_OVER)
    go_on(wallet)
    assert nothing_is_left(account, wallet)


def test_killed_before_the_call_the_refund_is_sent_by_the_next_worker_under_the_same_number(
    refund, account, wallet, workers
):
    workers.kill_fork_at("refund_before_call", send_due_refunds)
    assert given_back(wallet) == [] and Refund.objects.get().state == "sending"
    wallet.move_clock(**LEASE_OVER)
    go_on(wallet)
    assert nothing_is_left(account, wallet)


def test_killed_after_the_answer_the_wallets_notice_alone_is_enough(refund, account, wallet, workers):
    workers.kill_fork_at("refund_after_answer", send_due_refunds)
    wallet.deliver(2)
    assert refunded_once(account, wallet)
    wallet.move_clock(**LEASE_OVER)
    go_on(wallet)
    assert nothing_is_left(account, wallet)


def test_killed_between_the_commit_and_the_words_about_it_the_payer_hears_of_the_refund_once(
    refund, account, wallet, workers
):
    workers.kill_fork_at("before_words", send_due_refunds)
    assert refunded_once(account, wallet) and told() == []
    wallet.move_clock(minutes=3)
    assert [plan_lost_notices(), plan_lost_notices()] == [1, 0]
    assert told() == ["refund_done"] and nothing_is_left(account, wallet)


def test_two_workers_at_once_give_the_money_back_once(refund, account, wallet, workers):
    first, second = workers.fork(send_due_refunds), workers.fork(send_due_refunds)
    assert [os.waitpid(child, 0)[1] for child in (first, second)] == [0, 0]
    go_on(wallet)
    assert nothing_is_left(account, wallet)
