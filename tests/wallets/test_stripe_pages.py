"""The simulated Stripe's pages in a real browser: pay, confirm at the bank, save, remove."""

import pytest

from common.http import run
from tests.journeys.conftest import browser
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers.base import MandateState, PaymentState

__all__ = ["browser", "stripe", "stripe_sandbox"]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport=PHONE)
    opened = context.new_page()
    opened.noise = []
    opened.on("console", lambda message: opened.noise.append(message.text))
    yield opened
    context.close()


def back_to(stripe):
    return f"{stripe.sandbox.base_url}/stripe/"


def test_a_card_pays_and_the_payer_comes_back(stripe, page):
    payment = stripe.created(return_url=back_to(stripe))
    page.goto(payment.action.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Pay now").click()
    page.wait_for_url("**/stripe/")
    assert run(stripe.provider.get_payment(payment.merchant_ref, payment.provider_ref)).state is PaymentState.SUCCEEDED
    assert not [text for text in page.noise if "Content Security Policy" in text]


def test_a_declined_card_is_told_and_another_way_pays(stripe, page):
    payment = stripe.created(return_url=back_to(stripe))
    page.goto(payment.action.url)
    page.get_by_label("Visa card without money").check()
    page.get_by_role("button", name="Pay now").click()
    assert "insufficient_funds" in page.get_by_role("alert").inner_text()
    page.get_by_label("Apple Pay").check()
    page.get_by_role("button", name="Pay now").click()
    page.wait_for_url("**/stripe/")
    assert stripe.debits(payment.merchant_ref) == 1


def test_the_bank_asks_and_the_payer_says_yes(stripe, page):
    payment = stripe.created(return_url=back_to(stripe))
    page.goto(payment.action.url)
    page.get_by_label("Visa card whose bank asks to confirm").check()
    page.get_by_role("button", name="Pay now").click()
    page.get_by_role("button", name="Yes, it is me").click()
    page.wait_for_url("**/stripe/")
    assert stripe.debits(payment.merchant_ref) == 1


def test_a_wallet_is_saved_and_removed_again(stripe, page):
    request = stripe.mandate_request()
    page.goto(run(stripe.provider.start_mandate(request)).action.url)
    page.get_by_role("button", name="Agree and save").click()
    signed = run(stripe.provider.get_mandate("", request.merchant_ref))
    assert signed.state is MandateState.ACTIVE
    page.goto(back_to(stripe))
    page.get_by_role("button", name="Remove").click()
    page.wait_for_load_state()
    assert run(stripe.provider.get_mandate(signed.mandate_ref)).state is MandateState.REVOKED
