"""A wallet switched off takes nothing more, wherever a payer already was, and what it had taken is still posted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import today
from payments.models import Attempt
from payments.services import close_expired_attempts, look_up_due_attempts, refresh_payment
from tests.payments.helpers import balance, entries
from tests.payments.test_paypal_payments import dollars, is_settled, phone, running_paypal, started
from wallets.models import Provider

__all__ = ["dollars", "phone", "running_paypal"]

pytestmark = pytest.mark.django_db(transaction=True)


def switch_off() -> None:
    Provider.objects.update(status="switched_off")


def review_runs_out() -> None:
    Provider.objects.update(review_due=today())


def go_on_again() -> None:
    Provider.objects.update(status="vetted", review_due=today() + timedelta(days=90))


def took_nothing(account, phone) -> bool:
    attempt = Attempt.objects.get()
    return (attempt.state, attempt.payment.state, phone.debits(), entries(account)) == ("closed", "cancelled", 0, 0)


def by_the_page(phone, payment) -> None:
    refresh_payment(payment)


def by_the_notice(phone, payment) -> None:
    phone.deliver("CHECKOUT.ORDER.APPROVED")


def by_the_ladder(phone, payment) -> None:
    phone.move_clock(minutes=1)
    look_up_due_attempts()


def by_the_tick(phone, payment) -> None:
    close_expired_attempts()


hearing_of_it = pytest.mark.parametrize("hear", [by_the_page, by_the_notice, by_the_ladder, by_the_tick])


@hearing_of_it
@pytest.mark.parametrize(
    ("stop", "reason"), [(switch_off, "provider_switched_off"), (review_runs_out, "provider_review_overdue")]
)
def test_an_approval_after_the_switch_takes_no_money(dollars, phone, stop, reason, hear):
    payment = started(dollars)
    stop()
    phone.approve(payment.action.url)
    hear(phone, payment.payment)
    assert took_nothing(dollars, phone) and Attempt.objects.get().reason == reason
    go_on_again()
    phone.deliver("CHECKOUT.ORDER.APPROVED")
    refresh_payment(payment.payment)
    assert took_nothing(dollars, phone), "and nobody captures it later"


def test_an_approval_before_the_switch_that_nobody_heard_of_takes_no_money(dollars, phone):
    payment = started(dollars)
    phone.approve(payment.action.url)
    switch_off()
    phone.deliver("CHECKOUT.ORDER.APPROVED")
    assert took_nothing(dollars, phone)


def test_the_next_tick_ends_what_is_open_and_a_later_approval_takes_no_money(dollars, phone):
    payment = started(dollars)
    assert close_expired_attempts() == 0
    switch_off()
    assert close_expired_attempts() == 1
    assert took_nothing(dollars, phone)
    assert close_expired_attempts() == 0, "and once is enough"
    phone.approve(payment.action.url)
    phone.deliver("CHECKOUT.ORDER.APPROVED")
    assert took_nothing(dollars, phone)


def test_what_could_not_be_ended_is_tried_again_but_not_at_each_tick(dollars, phone):
    started(dollars)
    switch_off()
    phone.control.fault("http_500", method="orders.patch")
    assert (close_expired_attempts(), close_expired_attempts()) == (1, 0)
    assert Attempt.objects.get().state == "requires_action"
    phone.move_clock(minutes=2)
    assert close_expired_attempts() == 1
    assert took_nothing(dollars, phone)


@pytest.mark.parametrize("hear", [by_the_page, by_the_ladder, by_the_tick])
def test_money_captured_before_the_switch_is_posted(dollars, phone, hear):
    payment = started(dollars)
    phone.approve(payment.action.url)
    phone.control.fault("timeout_after_commit", method="orders.capture")
    refresh_payment(payment.payment)
    assert phone.debits() == 1 and balance(dollars) > 0
    switch_off()
    phone.move_clock(minutes=3)
    hear(phone, payment.payment)
    assert is_settled(dollars) and phone.debits() == 1
