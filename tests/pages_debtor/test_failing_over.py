"""A wallet that takes no payment now: the next able one is offered, and nothing the person chose is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from payments.models import Attempt, Payment
from tests.pages_debtor.helpers import FORM_KEY, Debtor
from tests.pages_debtor.test_wallet_order import BUTTON, living_in, register
from wallets.models import Provider
from wallets.sandbox.testing import ControlClient

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["register"]


@pytest.fixture
def german(register, running_wallet) -> Debtor:
    running_wallet.control.post("reset")
    return living_in("DE", "EUR")


@pytest.fixture
def paypal(german, running_wallet) -> ControlClient:
    return running_wallet.control.of("paypal")


def press(debtor: Debtor, provider: str = "paypal", **fields: str):
    chosen = {"choice": "other", "other": "123.45", "remember": "on", "request_key": debtor.form_key()}
    return debtor.send("pay_start", **chosen | {"provider": provider} | fields)


@pytest.fixture
def down(german):
    """PayPal's address answers nothing: not one byte can be sent."""
    file = Path(django_settings.SECRETS_DIR) / "wallets" / "paypal.json"
    from wallets.gateway import merchants

    made = merchants("http://127.0.0.1:1", django_settings.SECRETS_DIR)["paypal"]
    file.write_text(json.dumps({"options": dict(made.options), "secrets": dict(made.secrets)}))
    yield
    file.unlink()


@pytest.fixture
def unreadable(german):
    file = Path(django_settings.SECRETS_DIR) / "wallets" / "paypal.json"
    file.write_text("{")
    yield
    file.unlink()


def assert_offers_stripe_instead(answer, *, status: int) -> str:
    page = answer.content.decode()
    assert answer.status_code == status
    assert BUTTON.findall(page)[0] == "stripe" and "the same amount with Card, Apple Pay or Google Pay now." in page
    assert 'value="123.45"' in page and 'value="other" id="id_choice_other" checked' in page
    assert 'name="remember" value="on" checked' in page
    return page


def assert_goes_on_with_stripe(debtor: Debtor, page: str) -> None:
    assert_goes_on_with(debtor, "stripe", page)


def assert_goes_on_with(debtor: Debtor, key: str, page: str) -> None:
    """The form as it stands, sent with the button that is offered first."""
    answer = press(debtor, key, request_key=FORM_KEY.search(page).group(1))
    assert answer.status_code == 303 and f"/{key}/" in answer["Location"]
    assert Payment.objects.filter(state="open").get().amount_minor == 12_345


def test_a_wallet_without_an_answer_hands_over_to_the_next(german, down):
    page = assert_offers_stripe_instead(press(german), status=503)
    assert "PayPal cannot be reached just now. No money has moved." in page and BUTTON.findall(page)[-1] == "paypal"
    assert Attempt.objects.get().state == "closed"
    assert_goes_on_with_stripe(german, page)


def test_a_wallet_that_asks_us_to_slow_down_hands_over_to_the_next(german, paypal):
    paypal.fault("http_429", method="orders.create")
    page = assert_offers_stripe_instead(press(german), status=503)
    assert_goes_on_with_stripe(german, page)
    assert paypal.debits() == 0


def test_a_wallet_that_refuses_us_hands_over_to_the_next(register, running_wallet):
    running_wallet.control.post("reset")
    chinese = living_in("CN", "USD")
    running_wallet.control.of("wechat").fault("decline", code="NO_AUTH", method="create")
    answer = press(chinese, "wechat")
    page = answer.content.decode()
    assert answer.status_code == 409 and "Choose another one." in page and 'value="123.45"' in page
    assert BUTTON.findall(page)[-1] == "wechat" and Attempt.objects.get().state == "failed"
    assert_goes_on_with(chinese, BUTTON.findall(page)[0], page)


def test_a_wallet_whose_settings_are_spoilt_hands_over_to_the_next(german, unreadable):
    page = assert_offers_stripe_instead(press(german), status=503)
    assert not Payment.objects.exists()
    assert_goes_on_with_stripe(german, page)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "switched_off"}, "switched off for now"),
        ({"status": "draft"}, "not offered now"),
        ({"review_due": "2020-01-01"}, "yearly check"),
    ],
)
def test_a_wallet_withdrawn_while_the_page_was_open_hands_over_with_the_reason(german, change, words):
    key = german.form_key()
    Provider.objects.filter(key="paypal").update(**change)
    page = assert_offers_stripe_instead(press(german, request_key=key), status=409)
    assert words in page and "paypal" not in BUTTON.findall(page) and not Payment.objects.exists()
    assert_goes_on_with_stripe(german, page)


def test_the_registers_order_decides_who_takes_over(german, paypal):
    Provider.objects.filter(key="stripe").update(position=2)
    Provider.objects.filter(key="alipay").update(position=1)
    Provider.objects.exclude(key__in=["stripe", "alipay"]).update(position=3)
    paypal.fault("http_429", method="orders.create")
    page = press(german).content.decode()
    assert BUTTON.findall(page)[:2] == ["alipay", "stripe"] and "the same amount with Alipay" in page


def test_a_wallet_that_cannot_take_this_amount_does_not_take_over(german, paypal):
    Provider.objects.exclude(key__in=["paypal", "stripe"]).update(status="switched_off")
    paypal.fault("http_429", method="orders.create")
    page = press(german, other="0.10").content.decode()
    assert "You can pay the same amount" not in page and "Try again in a moment." in page


def test_an_answer_that_was_lost_never_hands_over(german, paypal):
    """The order may exist: another wallet could take the money a second time."""
    paypal.fault("timeout_after_commit", method="orders.create")
    answer = press(german)
    page = answer.content.decode()
    assert answer.status_code == 409 and "You can pay the same amount" not in page
    assert "You started a payment of" in page
    assert Attempt.objects.get().state == "unknown" and Payment.objects.get().state == "open"


def test_the_old_form_sent_again_starts_nothing(german, paypal):
    key = german.form_key()
    paypal.fault("http_429", method="orders.create")
    press(german, request_key=key)
    again = press(german, request_key=key)
    assert again.status_code == 303 and re.search(key, again["Location"]) and Payment.objects.count() == 1
