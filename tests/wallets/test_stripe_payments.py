"""Stripe's payment page: every way of paying on it, what ends it, and the wallet it may save."""

from dataclasses import replace
from datetime import timedelta

import pytest

from common.http import OutcomeUnknown, run
from common.money import Money
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers.base import DeclineCategory, MandateState, PaymentState, Reason

__all__ = ["stripe", "stripe_sandbox"]


@pytest.mark.parametrize("choice", ["visa", "apple_pay", "google_pay", "link", "alipay", "wechat_pay"])
def test_each_way_of_paying_on_the_page_pays(stripe, choice):
    paid = stripe.paid_by(choice)
    assert paid.state is PaymentState.SUCCEEDED
    assert stripe.debits(paid.merchant_ref) == 1


@pytest.mark.parametrize("currency", ["JPY", "TWD", "GBP", "EUR", "HKD"])
def test_other_currencies_arrive_exactly(stripe, currency):
    stripe.currency = currency
    assert stripe.paid().amount == Money(1234, currency)


def test_a_bank_that_asks_the_payer_is_asked_on_its_own_page(stripe):
    payment = stripe.created()
    back = stripe.control.press(f"{payment.action.url}/pay", choice="visa_asks")
    assert back.startswith("/stripe/confirm/pi_")
    waiting = run(stripe.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert waiting.state is PaymentState.REQUIRES_ACTION
    stripe.control.press(f"{back}/approve")
    assert run(stripe.provider.get_payment(payment.merchant_ref)).state is PaymentState.SUCCEEDED
    assert stripe.debits(payment.merchant_ref) == 1


def test_a_payer_who_refuses_at_the_bank_may_try_another_way(stripe):
    payment = stripe.created()
    back = stripe.control.press(f"{payment.action.url}/pay", choice="visa_asks")
    stripe.control.press(f"{back}/refuse")
    found = run(stripe.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert (found.state, found.decline.reason) == (PaymentState.REQUIRES_ACTION, Reason.AUTHENTICATION_REQUIRED)
    stripe.user_pays(payment)
    assert stripe.debits(payment.merchant_ref) == 1


def test_a_declined_card_leaves_the_page_open_and_says_why(stripe):
    found = stripe.paid_by("visa_poor")
    assert (found.state, found.decline.reason) == (PaymentState.REQUIRES_ACTION, Reason.INSUFFICIENT_FUNDS)
    assert found.action.url


def test_a_payment_whose_creation_got_no_answer_is_found_and_closed_by_our_reference_alone(stripe):
    request = stripe.payment()
    stripe.fault("timeout_after_commit")
    with pytest.raises(OutcomeUnknown):
        run(stripe.provider.create_payment(request))
    found = run(stripe.provider.get_payment(request.merchant_ref))
    assert (found.state, bool(found.action.url)) == (PaymentState.REQUIRES_ACTION, True)
    assert run(stripe.provider.close_payment(request.merchant_ref)).state is PaymentState.CLOSED
    stripe.user_pays(found)
    assert stripe.debits(request.merchant_ref) == 0


def test_a_page_lives_at_least_half_an_hour_because_stripe_wants_it_so(stripe):
    payment = stripe.created(expires_at=stripe.now() + timedelta(minutes=15))
    assert timedelta(minutes=29) < payment.action.expires_at - stripe.now() < timedelta(minutes=32)


def test_creating_again_under_the_same_reference_shows_the_page_as_it_is_now(stripe):
    request = stripe.payment()
    first = run(stripe.provider.create_payment(request))
    assert run(stripe.provider.create_payment(request)).action.url == first.action.url
    stripe.user_pays(first)
    again = run(stripe.provider.create_payment(request))
    assert (again.state, again.action) == (PaymentState.SUCCEEDED, None)


def test_another_amount_under_the_same_reference_is_refused_and_for_us_to_mend(stripe):
    request = stripe.payment()
    run(stripe.provider.create_payment(request))
    other = run(stripe.provider.create_payment(replace(request, amount=stripe.money(999))))
    assert (other.state, other.decline.category) == (PaymentState.FAILED, DeclineCategory.OPERATOR)


def test_a_page_that_ended_after_a_declined_try_is_closed_however_it_is_asked_for(stripe):
    declined = stripe.paid_by("visa_poor")
    stripe.move_clock(stripe.now() + timedelta(hours=25))
    for known in (declined.provider_ref, ""):
        assert run(stripe.provider.get_payment(declined.merchant_ref, known)).state is PaymentState.CLOSED


def test_a_wallet_saved_while_paying_can_be_debited(stripe):
    paid = stripe.paid_by("visa", save_method=True)
    assert paid.saved.state is MandateState.ACTIVE
    standing = replace(stripe.mandate(), mandate_ref=paid.saved.mandate_ref)
    assert run(stripe.provider.charge(stripe.charge_request(standing))).state is PaymentState.SUCCEEDED


def test_a_wallet_is_not_saved_unless_that_was_asked_for(stripe):
    assert stripe.paid().saved is None
