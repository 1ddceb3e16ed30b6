"""Processes at the same money at the same moment: two workers, a page beside a debit, a revocation, a hold."""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace

import pytest
from django.conf import settings
from django.db.models import Sum

from accounts.models import Account, Hold
from common.errors import PlatformError
from common.http import run
from common.ids import uuid7
from payments.debits import debit_due_instalments
from payments.models import Attempt, Instalment, Posting
from payments.services import apply_waiting_events, look_up_due_attempts
from tests import factories
from tests.faults.settling import all_debited, due_debits, last_debits, sound, tick
from tests.payments.helpers import balance, create_link, entries, open_page, pay_by
from wallets.gateway import adapter
from wallets.models import Mandate
from wallets.providers.base import ChargeRequest, PaymentState, Reason
from wallets.sandbox.testing import ControlClient
from wallets.selectors import snapshot
from wallets.services import revoke_mandate, tell_providers_of_endings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
SEED = 2026


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("payments.tasks.enqueue_event", lambda event_id: None)


def together(workers, *jobs) -> list[int]:
    """Forked processes that begin at the same moment; how each ended."""
    reading, writing = os.pipe()

    def held(job):
        os.close(writing)
        os.read(reading, 1)  # ends for all when the parent lets go
        job()

    children = [workers.fork(lambda job=job: held(job)) for job in jobs]
    os.close(reading)
    os.close(writing)
    return [os.waitpid(child, 0)[1] for child in children]


def test_four_worker_processes_at_one_instalment_debit_it_once(wallet, alipay, workers):
    (account,) = due_debits(wallet, 1)
    assert together(workers, *[debit_due_instalments] * 4) == [0] * 4
    assert wallet.debits() == 1 and Attempt.objects.count() == 1
    assert sound(wallet) and balance(account) == 85_000


def test_four_worker_processes_at_a_queue_of_debits_make_each_once(wallet, alipay, workers):
    accounts = due_debits(wallet, 12)
    assert together(workers, *[lambda: [tick() for _round in range(3)]] * 4) == [0] * 4
    assert sound(wallet) and wallet.debits() == 12 and all_debited(accounts)


def test_two_workers_who_apply_and_look_up_the_same_success_post_it_once(wallet, alipay, workers):
    account = factories.account()
    wallet.pay(open_page(account).action.url)
    for _time in range(2):
        wallet.hand_over(wallet.notices()[0])
    wallet.move_clock(minutes=1)
    assert together(workers, apply_waiting_events, look_up_due_attempts, apply_waiting_events) == [0] * 3
    assert entries(account) == 1 and sound(wallet) and wallet.debits() == 1


def pay_as_the_payer(account_id: int, wallet):
    """The payer opens a link and pays 400.00 on the wallet's page, if a page is to be had."""
    account = Account.objects.get(pk=account_id)
    try:
        started = pay_by(create_link(account)[0], 40_000, key="form")
    except PlatformError:
        return
    if started.action:
        wallet.pay(started.action.url)


def test_a_link_payment_beside_the_debit_takes_the_money_once_however_they_meet(wallet, alipay, workers):
    accounts, chance = last_debits(wallet, 8), random.Random(SEED)

    def pay_all():
        # A connection shared with the process this was forked from would bring each the other's answers.
        phone = replace(wallet, control=ControlClient(settings.WALLET_SANDBOX_URL))
        for account in chance.sample(accounts, len(accounts)):
            pay_as_the_payer(account.pk, phone)

    jobs = [pay_all, lambda: debit_due_instalments(batch=2), lambda: [tick() for _each in range(4)]]
    assert together(workers, *jobs) == [0] * 3
    assert sound(wallet) and wallet.debits() == len(accounts)
    assert {balance(account) for account in accounts} == {0}


def look_first_and_charge(account_id: int, meanwhile=lambda: None):
    """The debit everybody writes at first: is it paid? no; then charge. `meanwhile` is what the world does between."""
    row = Instalment.objects.select_related("plan__mandate__provider", "plan__account").get(
        plan__account=account_id, number=1
    )
    paid = Posting.objects.filter(account=account_id, ledger_account__kind="receivable", entry__kind="payment")
    if (paid.aggregate(total=Sum("amount_minor"))["total"] or 0) < 0:
        return None
    meanwhile()
    wallet = adapter(row.plan.mandate.provider)
    return run(
        wallet.charge(
            ChargeRequest(
                merchant_ref=wallet.merchant_ref(uuid7().hex),
                mandate=snapshot(row.plan.mandate),
                amount=row.amount,
                subject="naive",
                notify_url="",
            )
        )
    )


def test_the_twin_that_looks_first_and_charges_then_takes_the_money_beside_an_open_page(wallet, alipay):
    """What the exclusion of page and debit is for: the same race, and the debtor pays 400.00 twice."""
    (account,) = due_debits(wallet, 1)
    look_first_and_charge(account.pk, meanwhile=lambda: pay_as_the_payer(account.pk, wallet))
    assert wallet.debits() == 2, "the race was there"


def test_the_twin_in_which_two_workers_look_first_both_ask_for_the_money(wallet, alipay):
    """What the claim is for. Only the wallet's own rule (one debit in a period) saves this debtor from the second."""
    (account,) = due_debits(wallet, 1)
    others = []
    mine = look_first_and_charge(account.pk, meanwhile=lambda: others.append(look_first_and_charge(account.pk)))
    assert [others[0].state, mine.state] == [PaymentState.SUCCEEDED, PaymentState.FAILED], "the race was there"
    assert mine.decline.reason is Reason.OUTSIDE_WINDOW


def test_an_agreement_that_ends_while_its_debit_is_on_the_way_is_never_debited_again(wallet, alipay, workers):
    accounts, chance = due_debits(wallet, 6), random.Random(SEED)
    mandates = list(Mandate.objects.filter(account__in=accounts).order_by("pk"))

    def revoke_some():
        for mandate in chance.sample(mandates, 3):
            revoke_mandate(mandate, reason="the debtor says stop")
            time.sleep(chance.random() / 50)
        tell_providers_of_endings()

    assert together(workers, revoke_some, lambda: [debit_due_instalments(batch=2) for _each in range(4)]) == [0, 0]
    at_the_end = wallet.debits()
    assert sound(wallet)
    ended = Mandate.objects.filter(state="revoked")
    assert ended.count() == 3 and wallet.debits() >= 3
    made = Attempt.objects.filter(mandate__in=ended, state="succeeded").count()
    assert wallet.debits() == 3 + made and wallet.debits() - at_the_end <= 3 - made, "only what was on its way arrived"


def test_a_hold_placed_while_workers_run_stops_every_debit_that_was_not_on_its_way(wallet, alipay, workers):
    accounts = due_debits(wallet, 6)
    for account in accounts[:3]:
        Hold.objects.create(debtor=account.debtor, kind="dispute", blocks=["debit"], reason="disputed")
    assert together(workers, *[lambda: [debit_due_instalments(batch=2) for _each in range(4)]] * 2) == [0, 0]
    assert sound(wallet) and wallet.debits() == 3
    assert [balance(account) for account in accounts] == [125_000] * 3 + [85_000] * 3
