"""The wallet misbehaves in the middle of a debit. The debtor pays once, the books say so; a person knows the rest."""

from __future__ import annotations

import pytest

from payments.debits import debit_due_instalments
from payments.models import Attempt, Instalment
from payments.services import start_link_payment
from tests import factories
from tests.faults.breaking import breaking_way
from tests.faults.settling import all_debited, due_debits, settle, sound
from tests.payments.helpers import balance, create_link, entries
from wallets.providers.base import Channel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

CHARGE, QUERY, AGREEMENT = "alipay.trade.pay", "alipay.trade.query", "alipay.user.agreement.query"


@pytest.fixture
def way(wallet, alipay, settings, running_wallet):
    """The way to the wallet, which can break."""
    with breaking_way(running_wallet.base_url) as way:
        settings.WALLET_SANDBOX_URL = way.url
        yield way


def left_to_people() -> int:
    return Attempt.objects.filter(needs_person=True).count()


@pytest.mark.parametrize("fault", ["timeout_after_commit", "bad_signature", "wrong_trade"])
def test_the_wallet_took_the_money_and_its_answer_is_lost_or_not_its_own(wallet, alipay, fault):
    (account,) = due_debits(wallet, 1)
    wallet.control.fault(fault, method=CHARGE)
    debit_due_instalments()
    assert wallet.debits() == 1 and entries(account) == 0, "the money is gone and nothing is believed yet"
    assert sound(wallet)
    assert wallet.debits() == 1 and entries(account) == 1 and balance(account) == 85_000


@pytest.mark.parametrize("fault", ["timeout_before_commit", "http_500", "garbage"])
def test_a_call_that_never_arrived_is_never_taken_for_a_payment_and_is_made_once_more(wallet, alipay, fault):
    (account,) = due_debits(wallet, 1)
    wallet.control.fault(fault, method=CHARGE)
    debit_due_instalments()
    assert wallet.debits() == entries(account) == 0 and Attempt.objects.get().state == "unknown"
    assert sound(wallet)
    assert wallet.debits() == entries(account) == Attempt.objects.count() == 1 and left_to_people() == 0


def test_a_wallet_that_never_takes_the_call_leaves_it_to_a_person(wallet, alipay):
    (account,) = due_debits(wallet, 1)
    wallet.control.fault("http_500", method=CHARGE, times=500)
    assert sound(wallet)
    assert wallet.debits() == entries(account) == 0 and left_to_people() == 1


@pytest.mark.parametrize("fault", ["http_429", "rate_limited"])
def test_a_wallet_that_asks_us_to_slow_down_is_asked_again_later(wallet, alipay, fault):
    (account,) = due_debits(wallet, 1)
    wallet.control.fault(fault, method=CHARGE)
    debit_due_instalments()
    assert wallet.debits() == 0
    assert sound(wallet)
    assert wallet.debits() == 1 and balance(account) == 85_000 and left_to_people() == 0


@pytest.mark.parametrize("fault", ["http_500", "http_429", "timeout_after_commit"])
def test_the_look_up_itself_fails_a_few_times_and_then_finds_the_money(wallet, alipay, fault):
    (account,) = due_debits(wallet, 1)
    wallet.control.fault("timeout_after_commit", method=CHARGE)
    wallet.control.fault(fault, method=QUERY, times=3)
    assert sound(wallet)
    assert wallet.debits() == 1 and balance(account) == 85_000 and left_to_people() == 0


def test_the_question_before_the_debit_fails_and_the_debit_is_made_later(wallet, alipay):
    (account,) = due_debits(wallet, 1)
    wallet.control.fault("http_500", method=AGREEMENT, times=2)
    debit_due_instalments()
    assert wallet.debits() == 0 and Instalment.objects.get(number=1).state == "noticed"
    assert sound(wallet)
    assert wallet.debits() == 1 and balance(account) == 85_000


def test_a_connection_reset_after_the_wallet_had_the_call_costs_nobody_anything(way, wallet):
    (account,) = due_debits(wallet, 1)
    way.break_next(CHARGE, after=True)
    debit_due_instalments()
    assert way.all_met and wallet.debits() == 1 and entries(account) == 0
    assert sound(wallet)
    assert wallet.debits() == 1 and balance(account) == 85_000 and left_to_people() == 0


def test_a_connection_reset_before_the_wallet_had_the_call_is_never_taken_for_a_payment(way, wallet):
    (account,) = due_debits(wallet, 1)
    way.break_next(CHARGE, after=False)
    debit_due_instalments()
    assert way.all_met and wallet.debits() == 0 and Attempt.objects.get().state == "unknown"
    assert sound(wallet)
    assert wallet.debits() == entries(account) == Attempt.objects.count() == 1 and left_to_people() == 0


def test_a_wallet_nobody_can_reach_is_waited_for(way, wallet, settings):
    (account,) = due_debits(wallet, 1)
    settings.WALLET_SANDBOX_URL = "http://127.0.0.1:9"
    debit_due_instalments()
    assert Attempt.objects.get().state == "created", "provably not sent: it waits under its own reference"
    settings.WALLET_SANDBOX_URL = way.url
    assert sound(wallet)
    assert wallet.debits() == 1 and balance(account) == 85_000 and left_to_people() == 0


def test_a_refusal_whose_answer_is_lost_is_no_refusal_to_us_and_the_debit_is_made_once_more(way, wallet):
    """Nothing was taken by a call that was told to slow down; but only those who hear it know."""
    (account,) = due_debits(wallet, 1)
    wallet.control.fault("http_429", method=CHARGE)
    way.break_next(CHARGE, after=True)
    debit_due_instalments()
    assert way.all_met and wallet.debits() == 0 and Attempt.objects.get().state == "unknown"
    assert sound(wallet)
    assert wallet.debits() == entries(account) == Attempt.objects.count() == 1 and left_to_people() == 0


def test_a_batch_that_meets_every_fault_at_once_debits_everybody_once(way, wallet):
    faults = ("timeout_after_commit", "timeout_before_commit", "http_500", "http_429", "bad_signature", "garbage")
    accounts = due_debits(wallet, 12)
    for fault in faults:
        wallet.control.fault(fault, method=CHARGE)
    way.break_next(CHARGE, after=True)
    way.break_next(CHARGE, after=False)
    assert sound(wallet)
    assert way.all_met and wallet.debits() == Attempt.objects.count() == len(accounts)
    assert all_debited(accounts) and left_to_people() == 0


@pytest.mark.parametrize("fault", ["timeout_after_commit", "http_500", "http_429"])
def test_a_payer_whose_page_could_not_be_opened_pays_once_in_the_end(wallet, alipay, fault):
    """The code is asked for with a call; the payer tries again until it is there, and pays what is shown last."""
    account = factories.account()
    link, _url = create_link(account)
    wallet.control.fault(fault, method="alipay.trade.precreate")
    shown = None
    for number in range(12):
        try:
            shown = start_link_payment(
                link,
                amount_minor=account.balance_minor,
                provider_key="alipay",
                return_url="http://127.0.0.1/back",
                idempotency=f"form-{number}",
                channel=Channel.QR,
            ).action
        except Exception as error:
            assert getattr(error, "code", ""), f"a payer is told what to do, and not: {error!r}"
        if shown:
            break
        wallet.move_clock(minutes=3)
        settle(wallet)
    assert shown, "the payer could never pay"
    wallet.pay(shown.payload)
    assert sound(wallet)
    assert wallet.debits() == 1 and balance(account) == 0
