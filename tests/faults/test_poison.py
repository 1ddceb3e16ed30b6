"""A row whose processing raises every time. The others go on, and in the end a person has it."""

from __future__ import annotations

import pytest

from accounts.models import Event
from payments.models import Attempt, ProviderEvent
from payments.selectors import attempts_for_a_person
from payments.services import apply_waiting_events
from payments.services.trying_again import GAPS
from tests import factories
from tests.faults.poisoning import poisoned
from tests.faults.settling import all_debited, due_debits, settle, sound, tick
from tests.payments.helpers import balance, entries, open_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("payments.tasks.enqueue_event", lambda event_id: None)


def days_pass(wallet, days: int) -> None:
    """A tick every six hours, as far apart as the last rung of the ladder."""
    settle(wallet)
    for _turn in range(days * 4):
        tick()
        wallet.move_clock(hours=6)


def test_a_debit_the_books_refuse_is_left_to_a_person_and_the_others_are_posted(wallet, alipay):
    poison, *others = due_debits(wallet, 5)
    with poisoned("UPDATE", "accounts_account", f"OLD.id = {poison.pk}"):
        tick()
        assert all_debited(others), "the others did not wait"
        assert wallet.debits() == 5 and entries(poison) == 0, "the wallet has the money, the books have not"
        days_pass(wallet, days=3)
        (waiting,) = attempts_for_a_person()
        assert waiting.payment.account == poison and wallet.debits() == 5
        assert Event.objects.filter(kind="payment.needs_person", account=poison).count() == 1
    wallet.move_clock(hours=7)
    tick()
    assert sound(wallet) and balance(poison) == 85_000, "and it heals by itself"
    assert not attempts_for_a_person().exists()


def test_once_the_books_take_it_again_the_money_is_posted_once(wallet, alipay):
    poison, *_others = accounts = due_debits(wallet, 3)
    with poisoned("UPDATE", "accounts_account", f"OLD.id = {poison.pk}"):
        for _turn in range(3):
            tick()
            wallet.move_clock(minutes=11)
    assert not attempts_for_a_person().exists(), "a passing trouble is nobody's work"
    assert sound(wallet) and all_debited(accounts) and wallet.debits() == 3


def test_an_instalment_that_cannot_be_planned_keeps_no_other_waiting(wallet, alipay):
    poison, *others = due_debits(wallet, 5)
    with poisoned("INSERT", "payments_payment", f"NEW.account_id = {poison.pk}"):
        for _turn in range(3):
            tick()
            wallet.move_clock(minutes=11)
        assert all_debited(others) and wallet.debits() == 4 and balance(poison) == 125_000
    assert sound(wallet)


def test_a_notice_nobody_can_apply_ends_with_a_person_and_the_others_go_on(wallet, alipay):
    ProviderEvent.objects.create(provider=alipay, dedupe_key="poison", kind="payment", facts={})
    for gap in (*GAPS, GAPS[-1]):
        account = factories.account()
        wallet.pay(open_page(account).action.url)
        wallet.hand_over(wallet.notices(ProviderEvent.objects.count())[-1])
        apply_waiting_events()
        assert balance(account) == 0, "the others did not wait"
        wallet.move_clock(seconds=gap.total_seconds() + 1)
    apply_waiting_events()
    assert ProviderEvent.objects.get(dedupe_key="poison").outcome == "needs_person"
    assert sound(wallet)


def test_a_debit_the_wallet_only_answers_nonsense_about_is_asked_about_until_it_speaks(wallet, alipay):
    accounts = due_debits(wallet, 3)
    wallet.control.fault("timeout_after_commit", method="alipay.trade.pay")
    tick()
    wallet.control.fault("garbage", method="alipay.trade.query", times=500)
    days_pass(wallet, days=5)
    (waiting,) = Attempt.objects.exclude(state="succeeded")
    assert waiting.look_up_at or waiting.needs_person
    wallet.control.post("alipay/faults/clear")
    wallet.move_clock(hours=7)
    assert sound(wallet) and wallet.debits() == 3 and all_debited(accounts)
