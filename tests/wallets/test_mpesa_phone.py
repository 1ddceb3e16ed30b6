"""The simulated phones in a real browser: a PIN pays, a wrong one does not, an order is approved and ended."""

import pytest

from common.http import run
from tests.journeys.conftest import browser
from tests.wallets.mpesa_fixtures import mpesa, mpesa_sandbox, ratiba
from wallets.providers.base import PaymentState

__all__ = ["browser", "mpesa", "mpesa_sandbox", "ratiba"]

SIZE = {"width": 390, "height": 844}


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport=SIZE)
    opened = context.new_page()
    opened.noise = []
    opened.on("console", lambda message: opened.noise.append(message.text))
    yield opened
    context.close()


def pick_up(harness, page):
    page.goto(f"{harness.sandbox.base_url}/mpesa/")
    page.get_by_label("Phone number").fill("0712 345 678")
    page.get_by_role("button", name="Look at this phone").click()


def answer(page, pin):
    page.get_by_label("M-Pesa PIN").fill(pin)
    page.get_by_role("button", name="Send").click()


def test_the_phone_asks_and_the_pin_pays(mpesa, page):
    payment = mpesa.created()
    pick_up(mpesa, page)
    assert payment.merchant_ref in page.get_by_role("alertdialog").inner_text()
    answer(page, "1234")
    assert "KES 1,234" in page.get_by_role("status").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZE["width"]
    found = run(mpesa.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert found.state is PaymentState.SUCCEEDED
    assert not [text for text in page.noise if "Content Security Policy" in text]


def test_a_wrong_pin_and_a_cancelled_prompt_pay_nothing(mpesa, page):
    for end, code in ((lambda: answer(page, "9999"), "2001"), (lambda: press(page, "Cancel"), "1032")):
        payment = mpesa.created()
        pick_up(mpesa, page)
        end()
        assert code in page.get_by_role("status").inner_text()
        found = run(mpesa.provider.get_payment(payment.merchant_ref, payment.provider_ref))
        assert (found.state, found.decline.code) == (PaymentState.FAILED, code)


def test_a_standing_order_is_approved_runs_and_is_ended_on_the_phone(ratiba, page):
    request = ratiba.mandate_request()
    run(ratiba.provider.start_mandate(request))
    pick_up(ratiba, page)
    answer(page, "1234")
    ((_, event), *_) = ratiba.said(lambda event: event.mandate)
    assert event.mandate.merchant_ref == request.merchant_ref
    page.get_by_role("button", name="End this standing order").click()
    assert page.get_by_role("button", name="End this standing order").count() == 0


def test_the_control_page_shows_prompts_and_answers_them(mpesa, page):
    payment = mpesa.created()
    page.goto(f"{mpesa.sandbox.base_url}/control/mpesa/")
    page.get_by_role("row", name=payment.merchant_ref).get_by_role("button", name="Pay").click()
    assert mpesa.debits(payment.merchant_ref) == 1


def press(page, name):
    page.get_by_role("button", name=name).click()
