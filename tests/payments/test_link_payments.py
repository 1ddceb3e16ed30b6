"""From a link to money in the ledger, through the wallet's real protocol."""

from __future__ import annotations

import pytest

from payments.errors import PaymentAlreadyMade, PaymentRefused, PaymentStillOpen
from payments.models import Attempt, Payment
from payments.services import close_expired_attempts, create_link, look_up_due_attempts, refresh_payment
from payments.signals import payment_confirmed
from tests import factories
from tests.payments.helpers import balance, books_are_right, entries, kinds, only_attempt, open_page, pay_by
from wallets.models import Provider
from wallets.selectors import ProviderNotOffered


def test_a_payer_pays_in_full_and_the_account_is_paid(account, wallet, alipay):
    started = open_page(account)
    wallet.pay(started.action.url)
    wallet.deliver()
    assert balance(account) == 0 and account.status == "paid" and account.last_payment_at
    assert entries(account) == 1 and books_are_right()
    assert wallet.debits() == 1
    assert {"payment.started", "payment.succeeded", "account.status_changed"} <= set(kinds(account))


def test_a_part_payment_leaves_the_rest_owed(account, wallet, alipay):
    wallet.pay(open_page(account, 30_000).action.url)
    wallet.deliver()
    assert balance(account) == 95_000 and account.status == "open"


def test_accepted_is_not_paid(account, wallet, alipay):
    started = open_page(account)
    wallet.control.open(started.action.url)
    refresh_payment(started.payment)
    assert balance(account) == 125_000 and started.payment.state == "open"


def test_what_the_payer_has_to_open_is_kept_to_be_shown_again(account, wallet, alipay):
    started = open_page(account)
    attempt = only_attempt()
    assert attempt.state == "requires_action" and attempt.action["url"] == started.action.url


def test_the_same_form_sent_twice_is_one_payment(account, wallet, alipay):
    link, _url = create_link(account)
    first = pay_by(link, 10_000, key="form")
    again = pay_by(link, 10_000, key="form")
    assert first.payment == again.payment and first.action.url == again.action.url
    assert Attempt.objects.count() == 1


def test_a_form_sent_again_after_it_was_paid_starts_nothing(account, wallet, alipay):
    link, _url = create_link(account)
    wallet.pay(pay_by(link, 10_000, key="form").action.url)
    wallet.deliver()
    again = pay_by(link, 10_000, key="form")
    assert again.action is None and again.payment.state == "succeeded"
    assert Payment.objects.count() == 1


def test_the_same_wish_from_another_device_continues_the_open_payment(account, wallet, alipay):
    first = open_page(account, 10_000, key="phone")
    second = open_page(account, 10_000, key="laptop")
    assert second.payment == first.payment and second.action == first.action


def test_another_amount_closes_the_open_page_at_the_wallet_first(account, wallet, alipay):
    first = open_page(account, 10_000, key="a")
    wallet.control.open(first.action.url)
    second = open_page(account, 20_000, key="b")
    first.payment.refresh_from_db()
    assert first.payment.state == "cancelled" and second.payment.amount_minor == 20_000
    with pytest.raises(Exception, match="400"):
        wallet.pay(first.action.url)
    assert wallet.debits() == 0


def test_a_page_that_may_still_be_opened_is_in_the_way_until_it_ends(account, wallet, alipay):
    open_page(account, 10_000, key="a")
    with pytest.raises(PaymentStillOpen) as refused:
        open_page(account, 20_000, key="b")
    assert refused.value.details["until"]
    wallet.move_clock(minutes=18)
    assert open_page(account, 20_000, key="b").payment.amount_minor == 20_000


def test_an_earlier_page_that_was_paid_is_posted_instead_of_starting_another(account, wallet, alipay):
    first = open_page(account, 10_000, key="a")
    wallet.pay(first.action.url)
    with pytest.raises(PaymentAlreadyMade):
        open_page(account, 20_000, key="b")
    assert balance(account) == 115_000 and wallet.debits() == 1


def test_a_lost_notice_is_found_by_the_look_up(account, wallet, alipay):
    wallet.control.fault("drop")
    wallet.pay(open_page(account).action.url)
    assert look_up_due_attempts() == 0
    wallet.move_clock(seconds=31)
    assert look_up_due_attempts() == 1
    assert balance(account) == 0 and entries(account) == 1


def test_a_payer_who_comes_back_sees_the_payment_at_once(account, wallet, alipay):
    started = open_page(account)
    wallet.pay(started.action.url)
    assert refresh_payment(started.payment).state == "succeeded"


def test_an_abandoned_page_frees_the_account_when_it_is_over(account, wallet, alipay):
    started = open_page(account)
    wallet.control.open(started.action.url)
    wallet.move_clock(minutes=18)
    close_expired_attempts()
    started.payment.refresh_from_db()
    assert started.payment.state == "cancelled" and only_attempt().state == "closed"
    assert "payment.cancelled" in kinds(account)


def test_a_page_nobody_opened_is_over_too(account, wallet, alipay):
    started = open_page(account)
    wallet.move_clock(minutes=18)
    close_expired_attempts()
    started.payment.refresh_from_db()
    assert started.payment.state == "cancelled"


@pytest.mark.parametrize(("minor", "why"), [(0, "too_little"), (-1, "too_little"), (125_001, "too_much")])
def test_an_amount_outside_what_is_owed_is_refused(account, wallet, alipay, minor, why):
    link, _url = create_link(account)
    with pytest.raises(PaymentRefused) as refused:
        pay_by(link, minor, key="x")
    assert refused.value.details["why"] == why and not Attempt.objects.exists()


def test_a_hold_on_debits_refuses_the_payment(account, wallet, alipay):
    account.debtor.holds.create(kind="bankruptcy", blocks=["contact", "debit"], reason="court letter")
    with pytest.raises(PaymentRefused) as refused:
        open_page(account)
    assert refused.value.details["why"] == "on_hold"


def test_a_hold_on_another_account_of_the_debtor_does_not(account, wallet, alipay):
    other = factories.account(person=account.debtor, placement=account.portfolio)
    account.debtor.holds.create(account=other, kind="dispute", blocks=["debit"], reason="wrong amount")
    assert open_page(account).action


def test_a_closed_account_takes_no_payment(account, wallet, alipay):
    link, _url = create_link(account)
    account.status = "recalled"
    account.save(update_fields=["status"])
    with pytest.raises(PaymentRefused):
        pay_by(link, 100, key="x")


def test_a_wallet_that_is_not_vetted_takes_no_money(account, wallet, alipay):
    Provider.objects.update(status="switched_off")
    with pytest.raises(ProviderNotOffered):
        open_page(account)


def test_the_other_apps_hear_of_a_payment_once_and_only_after_it_is_committed(
    account, wallet, alipay, django_capture_on_commit_callbacks
):
    heard = []

    def listen(payments, **_rest):
        heard.extend(payment.reference for payment in payments)

    payment_confirmed.connect(listen)
    try:
        started = open_page(account)
        wallet.pay(started.action.url)
        with django_capture_on_commit_callbacks() as waiting:
            refresh_payment(started.payment)
            wallet.deliver()
        assert heard == []
        for callback in waiting:
            callback()
    finally:
        payment_confirmed.disconnect(listen)
    assert heard == [started.payment.reference]
