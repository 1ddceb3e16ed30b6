"""Coins that come to a deposit address late, twice, too many, too few, in the wrong kind, or not for good."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Event
from common.clock import now
from payments.deposits.sweeping import sweep_deposits
from payments.models import Deposit, DepositAddress, JournalEntry, Payment, Posting
from payments.services import look_up_due_attempts
from tests import factories
from tests.payments.deposit_helpers import chain_sandbox, ethereum, every, payer, tron
from tests.payments.helpers import balance, books_are_right, kinds, only_attempt

__all__ = ["chain_sandbox", "ethereum", "every", "payer", "tron"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(db):
    return factories.account(currency="USD", balance_minor=20_000)


def only_deposit() -> Deposit:
    return Deposit.objects.select_related("address__attempt").get()


def held(provider_key: str) -> int:
    """What lies in suspense without belonging to an account yet."""
    rows = Posting.objects.filter(ledger_account__kind="suspense", ledger_account__qualifier=provider_key)
    return -sum(rows.values_list("amount_minor", flat=True))


def test_the_quoted_amount_in_time_is_the_payment_and_is_posted_once(payer, account):
    payer.asks(account, 20_000)
    payer.sends()
    payer.confirms()
    for _round in range(3):
        payer.sweeps()
    assert (only_attempt().state, balance(account), only_deposit().state) == ("succeeded", 0, "counted")
    assert held(payer.key) == 0 and books_are_right()
    assert JournalEntry.objects.filter(kind="payment").count() == 1


@pytest.mark.parametrize("days", [1, 21, 200])
def test_a_transfer_weeks_after_the_payment_was_closed_is_found_and_held_for_a_person(payer, account, days):
    payer.asks(account, 20_000)
    payer.lets_it_run_out()
    assert only_attempt().state == "closed"
    payer.waits(days=days)
    payer.sends()
    payer.confirms()
    payer.sweeps()
    deposit = only_deposit()
    assert (deposit.state, deposit.problem, deposit.worth_minor) == ("held", "paid_late", 20_000)
    assert (balance(account), held(payer.key)) == (20_000, 20_000)
    attempt = only_attempt()
    assert (attempt.state, attempt.needs_person, attempt.reason) == ("closed", True, "paid_late")
    assert books_are_right()


def test_a_second_transfer_is_held_and_the_first_stays_the_payment(payer, account):
    payer.asks(account, 20_000)
    payer.sends()
    payer.confirms()
    payer.sweeps()
    payer.waits(days=40)
    payer.sends()
    payer.confirms()
    payer.sweeps()
    assert sorted(Deposit.objects.values_list("state", "problem")) == [("counted", ""), ("held", "second_payment")]
    assert (balance(account), held(payer.key)) == (0, 20_000) and books_are_right()


@pytest.mark.parametrize(("share", "problem", "worth"), [((1, 2), "underpaid", 10_000), ((3, 2), "overpaid", 10_000)])
def test_too_little_and_too_much_are_held_by_what_is_in_question(payer, account, share, problem, worth):
    payer.asks(account, 20_000)
    payer.sends(units=payer.units * share[0] // share[1])
    payer.confirms()
    payer.lets_it_run_out()
    payer.sweeps()
    deposit = only_deposit()
    assert (deposit.state, deposit.problem, deposit.worth_minor) == ("held", problem, worth)
    assert held(payer.key) == worth
    assert balance(account) == (0 if problem == "overpaid" else 20_000)
    assert books_are_right()


def test_another_coin_of_the_same_name_is_an_item_and_no_money(payer, account):
    payer.asks(account, 20_000)
    payer.sends(token="other")
    payer.confirms()
    payer.lets_it_run_out()
    payer.sweeps()
    deposit = only_deposit()
    assert (deposit.kind, deposit.state, deposit.problem) == ("token", "held", "wrong_token")
    assert deposit.worth_minor is None and held(payer.key) == 0 and balance(account) == 20_000


def test_eth_or_trx_sent_by_mistake_is_an_item_once_and_no_money(payer, account):
    payer.asks(account, 20_000)
    payer.sends(token="coin", units=payer.one_coin // 5)
    payer.confirms()
    for _round in range(3):
        payer.sweeps()
    deposit = only_deposit()
    assert (deposit.kind, deposit.asset, deposit.problem) == ("coin", payer.coin, "native_coin")
    assert (deposit.state, int(deposit.units)) == ("held", payer.one_coin // 5)
    assert deposit.entry is None and held(payer.key) == 0 and balance(account) == 20_000
    payer.waits(minutes=1)
    payer.sends(token="coin", units=payer.one_coin // 4)
    payer.confirms()
    payer.sweeps()
    newest = Deposit.objects.latest("pk")
    assert Deposit.objects.count() == 2 and int(newest.units) == payer.one_coin // 4


def test_a_speck_of_the_chains_own_coin_is_not_worth_an_item(payer, account):
    payer.asks(account, 20_000)
    payer.sends(token="coin", units=3)
    payer.confirms()
    payer.sweeps()
    assert not Deposit.objects.exists()


def test_dust_and_transfers_of_nothing_are_not_kept(payer, account):
    payer.asks(account, 20_000)
    payer.sends(units=1)
    payer.sends(units=0)
    payer.confirms()
    payer.sweeps()
    assert not Deposit.objects.exists()


def test_a_transfer_that_is_gone_before_it_is_final_is_withdrawn_with_an_event(ethereum, account):
    ethereum.asks(account, 20_000)
    ethereum.sends()
    ethereum.sweeps()
    assert (only_deposit().state, only_deposit().final) == ("seen", False)
    ethereum.control.user("reorganise", depth=1)
    ethereum.sweeps()
    assert only_deposit().state == "withdrawn" and balance(account) == 20_000
    assert [kind for kind in kinds(account) if kind.startswith("deposit.")] == ["deposit.seen", "deposit.withdrawn"]


def test_a_transfer_mined_again_after_a_reorganisation_is_one_payment(ethereum, account):
    ethereum.asks(account, 20_000)
    ethereum.sends()
    ethereum.sweeps()
    ethereum.control.user("reorganise", depth=1, keep=True)
    ethereum.sweeps()
    ethereum.confirms()
    ethereum.sweeps()
    assert balance(account) == 0 and JournalEntry.objects.filter(kind="payment").count() == 1
    assert sorted(Deposit.objects.values_list("state", flat=True))[0] == "counted" and books_are_right()


def test_a_payment_the_chain_takes_back_after_finality_is_reversed_and_left_to_a_person(payer, account):
    payer.asks(account, 20_000)
    payer.sends()
    payer.confirms()
    payer.sweeps()
    assert balance(account) == 0
    payer.takes_back()
    payer.sweeps()
    attempt = only_attempt()
    assert (attempt.state, attempt.needs_person, balance(account)) == ("reversed", True, 20_000)
    assert only_deposit().state == "gone" and books_are_right()


def test_a_held_deposit_the_chain_takes_back_leaves_suspense_empty_and_a_person_is_told(payer, account):
    payer.asks(account, 20_000)
    payer.lets_it_run_out()
    payer.waits(days=2)
    payer.sends()
    payer.confirms()
    payer.sweeps()
    assert held(payer.key) == 20_000
    payer.takes_back()
    payer.sweeps()
    assert (only_deposit().state, held(payer.key)) == ("gone", 0) and books_are_right()
    assert (only_attempt().needs_person, only_attempt().reason) == (True, "deposit_gone")


def test_sweeps_at_the_same_time_post_once(payer, account):
    payer.asks(account, 20_000)
    payer.sends()
    payer.sends()
    payer.confirms()

    def sweep():
        try:
            DepositAddress.objects.update(sweep_at=now() - timedelta(seconds=1))
            sweep_deposits()
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    payer.sweeps()
    assert (balance(account), held(payer.key)) == (0, 20_000)
    assert JournalEntry.objects.filter(kind__in=["payment", "deposit"]).count() == 2 and books_are_right()
    assert Event.objects.filter(kind="deposit.held").count() == 1


def test_a_worker_that_dies_after_the_answer_loses_nothing_and_doubles_nothing(payer, account, monkeypatch):
    payer.asks(account, 20_000)
    payer.sends()
    payer.confirms()
    with monkeypatch.context() as patch:
        patch.setattr("payments.deposits.sweeping._apply", lambda *given: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            payer.sweeps()
    assert not Deposit.objects.exists() and sweep_deposits() == 0
    payer.waits(minutes=11)
    assert sweep_deposits() >= 1
    assert balance(account) == 0 and only_deposit().state == "counted"


def test_a_look_up_and_a_sweep_together_record_one_deposit(payer, account):
    payer.asks(account, 20_000)
    payer.sends()
    payer.confirms()
    payer.waits(minutes=1)
    look_up_due_attempts()
    payer.sweeps()
    assert Deposit.objects.count() == 1 and balance(account) == 0


def test_an_address_is_swept_ever_more_rarely_but_for_ever(payer, account):
    payer.asks(account, 20_000)
    payer.lets_it_run_out()
    pauses = []
    for days in (0, 2, 40, 400):
        payer.waits(days=days, minutes=1)
        payer.sweeps()
        left = DepositAddress.objects.get().sweep_at - now()
        pauses.append(timedelta(minutes=round(left / timedelta(minutes=1))))
    assert pauses == sorted(pauses) and pauses[0] < timedelta(minutes=2)
    assert timedelta(hours=23) < pauses[-1] <= timedelta(days=1)


def test_a_node_that_does_not_answer_moves_no_cursor_and_is_asked_again_later(payer, account):
    payer.asks(account, 20_000)
    payer.lets_it_run_out()
    before = DepositAddress.objects.get().scanned_to
    payer.control.fault("http_500", method=payer.methods[0])
    payer.sweeps()
    address = DepositAddress.objects.get()
    assert (address.scanned_to, address.failures) == (before, 1) and address.sweep_at > now()
    payer.sweeps()
    assert DepositAddress.objects.get().failures == 0


def test_a_node_without_balances_still_shows_the_payments(payer, account):
    payer.asks(account, 20_000)
    payer.sends()
    payer.confirms()
    payer.control.fault("http_500", method=payer.methods[1])
    payer.sweeps()
    assert balance(account) == 0 and Payment.objects.get().state == "succeeded"


def test_many_addresses_are_one_batch_and_each_gets_its_own(payer):
    accounts = [factories.account(currency="USD", balance_minor=5_000) for _ in range(4)]
    for one in accounts:
        payer.asks(one, 5_000)
    payer.sends(at=1)
    payer.sends(at=3)
    payer.confirms()
    payer.sweeps()
    assert [balance(one) for one in accounts] == [5_000, 0, 5_000, 0]
    cursors = set(DepositAddress.objects.values_list("scanned_to", flat=True))
    assert len(cursors) == 1 and cursors.pop() > 0
