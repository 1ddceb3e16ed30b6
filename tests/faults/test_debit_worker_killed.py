"""A debit worker is killed with SIGKILL at the worst moments. The debtor is debited once, and the books say so."""

from __future__ import annotations

import random
import time

import pytest

from common.clock import now
from common.http import run
from common.ids import uuid7
from payments.debits import debit_due_instalments
from payments.faults import stop_point
from payments.ledger import Line, post_entry
from payments.models import Attempt, Instalment, Payment, RetryDecision
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.services import look_up_due_attempts
from reminders.lost_notices import plan_lost_notices
from reminders.models import Message
from reminders.services import dispatch_due, sweep_leases
from tests import factories
from tests.faults.invariants import wrongs
from tests.faults.settling import sound, tick
from tests.faults.workers import DEBIT, FIND_OUT_AND_DEBIT
from tests.payments.helpers import balance, books_are_right, entries, planned_debit, tell_the_people
from wallets.gateway import adapter
from wallets.providers.base import ChargeRequest
from wallets.selectors import snapshot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

LEASE_OVER = {"minutes": 3}
NO_MONEY, NO_WALLET = "ACQ.BUYER_BALANCE_NOT_ENOUGH", "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE"


@pytest.fixture
def plan(account, wallet, alipay):
    """An instalment of 400.00 that may be debited now."""
    plan = planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    tell_the_people()
    wallet.move_clock(days=3)
    return plan


def receipts() -> list[str]:
    return list(Message.objects.filter(purpose__in=("receipt", "debit_receipt")).values_list("purpose", flat=True))


def about_failures() -> list[str]:
    return list(Message.objects.filter(purpose__in=("debit_failed", "debit_stopped")).values_list("purpose", flat=True))


def debited_once(account, wallet) -> bool:
    return (
        wallet.debits() == 1
        and entries(account) == 1
        and balance(account) == 85_000
        and books_are_right()
        and Payment.objects.get().state == "succeeded"
        and Attempt.objects.get().state == "succeeded"
        and Instalment.objects.get(number=1).state == "paid"
        and not Attempt.objects.filter(needs_person=True).exists()
    )


def test_killed_before_the_call_the_debit_is_made_by_the_next_worker(plan, account, wallet, workers):
    workers.kill_fork_at("before_call", debit_due_instalments)
    assert wallet.debits() == 0 and Attempt.objects.get().state == "sending"
    find_out_and_debit()
    assert wallet.debits() == 0, "a claim whose lease still runs belongs to its worker"
    wallet.move_clock(**LEASE_OVER)
    workers.run_forked(find_out_and_debit)
    assert debited_once(account, wallet) and sound(wallet)


def test_killed_between_the_answer_and_our_commit_the_debit_is_found_and_not_repeated(plan, account, wallet, workers):
    workers.kill_at("after_answer", DEBIT)
    assert wallet.debits() == 1 and entries(account) == 0, "the wallet took the money and we do not know it"
    find_out_and_debit()
    assert wallet.debits() == 1
    wallet.move_clock(**LEASE_OVER)
    workers.run(FIND_OUT_AND_DEBIT)
    assert debited_once(account, wallet) and sound(wallet)


def test_killed_after_the_commit_before_the_task_is_acknowledged_nothing_happens_again(plan, account, wallet, workers):
    workers.kill_fork_at("after_commit", debit_due_instalments)
    assert debited_once(account, wallet)
    find_out_and_debit()
    wallet.move_clock(**LEASE_OVER)
    find_out_and_debit()
    assert debited_once(account, wallet) and sound(wallet)


def test_killed_between_the_commit_and_the_words_about_it_the_payer_gets_one_receipt(plan, account, wallet, workers):
    workers.kill_fork_at("before_words", debit_due_instalments)
    assert wallet.debits() == 1 and balance(account) == 85_000 and receipts() == []
    plan_lost_notices()
    assert receipts() == [], "the worker may be alive and about to say so itself"
    wallet.move_clock(minutes=3)
    assert [plan_lost_notices(), plan_lost_notices()] == [1, 0]
    assert receipts() == ["debit_receipt"] and sound(wallet)


@pytest.mark.parametrize("point", ["after_answer", "before_words", "after_commit"])
def test_wherever_the_worker_was_killed_the_payer_hears_of_the_debit_once(
    plan, account, wallet, workers, outbox, point
):
    workers.kill_fork_at(point, debit_due_instalments)
    for _turn in range(4):
        wallet.move_clock(**LEASE_OVER)
        tick()
        sweep_leases()
        dispatch_due()
    naming_it = [mail for mail in outbox.messages() if "400.00" in mail["subject"] + mail["text"]]
    of_the_plan = Message.objects.filter(purpose="plan_confirmed").count()
    assert len(naming_it) == 1 + of_the_plan and receipts() == ["debit_receipt"] and of_the_plan <= 1
    assert sound(wallet) and wallet.debits() == 1


@pytest.mark.parametrize(("code", "purpose"), [(NO_MONEY, "debit_failed"), (NO_WALLET, "debit_stopped")])
def test_killed_between_a_refusals_commit_and_the_words_about_it_the_payer_hears_of_it_once(
    plan, account, wallet, workers, code, purpose
):
    factories.reword("house", "HOUSE-DEBIT", without="min_gap")  # there is room for another try
    wallet.control.fault("decline", method="alipay.trade.pay", code=code)
    workers.kill_fork_at("before_words", debit_due_instalments)
    assert RetryDecision.objects.get().attempt.state == "failed" and about_failures() == []
    plan_lost_notices()
    assert about_failures() == [], "the worker may be alive and about to say so itself"
    wallet.move_clock(minutes=3)
    assert [plan_lost_notices(), plan_lost_notices()] == [1, 0]
    assert about_failures() == [purpose] and sound(wallet)


def test_killed_after_the_answer_the_wallets_notice_alone_is_enough(plan, account, wallet, workers):
    workers.kill_fork_at("after_answer", debit_due_instalments)
    wallet.deliver(2)
    assert debited_once(account, wallet)
    wallet.move_clock(**LEASE_OVER)
    find_out_and_debit()
    assert debited_once(account, wallet) and sound(wallet)


def call_first_and_write_afterwards():
    """The order everybody writes at first: a new reference for each try, and the record after the answer."""
    row = Instalment.objects.select_related("plan__mandate__provider", "plan__account").get(number=1)
    account, wallet = row.plan.account, adapter(row.plan.mandate.provider)
    reference = wallet.merchant_ref(uuid7().hex)
    request = ChargeRequest(
        merchant_ref=reference,
        mandate=snapshot(row.plan.mandate),
        amount=row.amount,
        subject="naive",
        notify_url="",
    )
    result = run(wallet.charge(request))
    stop_point("after_answer")
    if result.state == "succeeded":
        post_entry(
            "payment",
            idempotency_key=reference,
            creditor_id=account.creditor_id,
            currency="CNY",
            effective_at=now(),
            lines=[
                Line("receivable", -row.amount_minor, account=account, component="principal"),
                Line("placed", row.amount_minor),
            ],
        )


def test_the_twin_that_calls_first_and_writes_afterwards_loses_the_money(plan, account, wallet, workers):
    """What the order of our worker is for: the same kill, the same wallet, and nobody ever finds out."""
    workers.kill_fork_at("after_answer", call_first_and_write_afterwards)
    workers.run_forked(call_first_and_write_afterwards)
    wallet.move_clock(**LEASE_OVER)
    look_up_due_attempts()
    assert wallet.debits() == 1 and entries(account) == 0 and balance(account) == 125_000
    assert any("the wallet took 40000, 0 is posted" in line for line in wrongs(wallet.control))


def find_out_and_debit():
    look_up_due_attempts()
    debit_due_instalments(batch=3)


def wait_for_a_call(chance: random.Random) -> None:
    """A moment by dice; in every other case one in which a debit is on its way, however slow the machine is today."""
    if chance.random() < 0.5:
        ends = time.monotonic() + 2
        while time.monotonic() < ends and not Attempt.objects.filter(state="sending").exists():
            time.sleep(0.002)
    time.sleep(chance.random() * 0.1)


def work_until_killed():
    while True:
        find_out_and_debit()


def test_workers_killed_at_random_moments_debit_everybody_once(wallet, alipay, workers):
    count, kills, chance = 20, 12, random.Random(2026)
    plans = [planned_debit(factories.account(reachable=False), wallet) for _number in range(count)]
    wallet.move_clock(hours=12)
    tell_the_people()
    wallet.move_clock(days=3)
    left_behind = 0
    for _kill in range(kills):
        child = workers.fork(work_until_killed)
        wait_for_a_call(chance)
        workers.kill_fork(child)
        left_behind += Attempt.objects.filter(state="sending").count()
        wallet.move_clock(**LEASE_OVER)
    for _round in range(3 * count):
        if wallet.debits() == count and not Attempt.objects.filter(state__in=OPEN_ATTEMPT_STATES).exists():
            break
        find_out_and_debit()
        wallet.move_clock(**LEASE_OVER)
    assert left_behind, "no kill hit a debit in flight: the test proved nothing"
    assert wallet.debits() == count
    assert all(entries(plan.account) == 1 and balance(plan.account) == 85_000 for plan in plans)
    assert sound(wallet) and not Attempt.objects.filter(state__in=OPEN_ATTEMPT_STATES).exists()


def test_the_fault_hook_does_nothing_outside_sandbox_mode(settings, monkeypatch, tmp_path):
    settings.SANDBOX = False
    monkeypatch.setenv("FAULT_STOP_AT", "before_call")
    monkeypatch.setenv("FAULT_STOP_FILE", str(tmp_path / "reached"))
    stop_point("before_call")
    assert not (tmp_path / "reached").exists()
