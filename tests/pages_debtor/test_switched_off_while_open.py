"""A wallet switched off while somebody pays: our pages lead nobody there any more, say why, and offer the others."""

from __future__ import annotations

from html import unescape

import pytest

from payments.models import Attempt, Payment
from tests.pages_debtor.helpers import path_of, pay_in_wallet
from tests.pages_debtor.test_unfit_wallets import make_unfit, unfit
from wallets.models import Provider

__all__ = ["unfit"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(wallet):
    return Provider.objects.create(key="wechat", name="WeChat Pay", status="vetted", currencies=["CNY"], position=2)


def stop(change: dict) -> None:
    kept = list(Provider.objects.exclude(key="alipay").values("key", "status", "review_due"))
    make_unfit(change)
    for one in kept:
        Provider.objects.filter(key=one.pop("key")).update(**one)


def test_nobody_is_led_to_it_and_the_page_says_why(wallet, other, debtor, unfit):
    debtor.press_pay()
    assert "Go on with that payment" in debtor.read()
    change, words = unfit
    stop(change)
    page = unescape(debtor.read())
    assert "Go on with that payment" not in page and wallet_page() not in page
    assert words in page.partition('class="pay-form"')[0], "beside the payment, not only among the wallets left out"
    assert "Pay with WeChat Pay" in page


def wallet_page() -> str:
    return Attempt.objects.get().action["url"]


def test_the_form_that_started_it_leads_to_our_page_which_ends_it_and_says_why(wallet, other, debtor):
    key = debtor.form_key()
    wallet.open(debtor.press_pay(key=key)["Location"])
    stop({"status": "switched_off"})
    again = debtor.press_pay(key=key)
    assert again["Location"] == debtor.url("pay_return", key)
    page = unescape(debtor.client.get(again["Location"]).content.decode())
    assert "No money moved" in page and "The wallet is switched off." in page
    assert Payment.objects.get().state == "cancelled"


def test_another_wallet_may_be_chosen_at_once_and_the_old_payment_is_ended_first(wallet, other, debtor):
    wallet.open(debtor.press_pay()["Location"])
    stop({"status": "switched_off"})
    debtor.press_pay(provider="wechat")
    old, new = Attempt.objects.order_by("pk")
    assert (old.provider.key, old.state, old.reason) == ("alipay", "closed", "provider_switched_off")
    assert (new.provider, new.state) == (other, "requires_action")


def test_a_page_the_wallet_cannot_end_yet_is_waited_for_and_nobody_is_told_to_finish_it(wallet, other, debtor):
    """Alipay knows nothing of a page nobody has opened, and it may still be opened in another tab."""
    key = debtor.form_key()
    debtor.press_pay(key=key)
    stop({"status": "switched_off"})
    shown = unescape(debtor.read("pay_return", key))
    assert "It is switched off for now" in shown and wallet_page() not in shown and "Go on in" not in shown
    refused = debtor.press_pay(provider="wechat")
    assert refused.status_code == 409 and Attempt.objects.get().state == "requires_action"
    words = unescape(refused.content.decode())
    assert "has not ended yet. Wait until it has, then choose again." in words
    assert "Finish it on the wallet's page" not in words


def test_what_was_paid_before_the_switch_is_paid(wallet, other, debtor):
    started = debtor.press_pay()
    back = pay_in_wallet(wallet, started["Location"])
    stop({"status": "switched_off"})
    debtor.client.get(path_of(back))
    assert Payment.objects.get().state == "succeeded"
