"""The page of paying in parts when no wallet takes money: why, and what to do instead."""

from __future__ import annotations

import pytest

from wallets.models import Provider

pytestmark = pytest.mark.django_db(transaction=True)
PART = "Pay a part"


@pytest.fixture
def offer(wallet, debtor):
    debtor.identify()
    return lambda: debtor.read("mandate_offer")


def test_with_every_wallet_switched_off_no_payment_is_promised(offer, debtor):
    Provider.objects.update(status="switched_off")
    page = offer()
    assert PART not in page and "no ready plan" not in page
    assert "It is switched off for now. That is on our side." in page and "Waiting for that costs you nothing" in page
    assert debtor.url("debtor_messages") in page and debtor.url("mandate_offer") in page


def test_where_single_payments_work_a_part_can_still_be_paid(offer):
    Provider.objects.create(key="bank_gateway", name="Bank", status="vetted", currencies=["CNY"])
    Provider.objects.filter(key="alipay").update(status="switched_off")
    page = offer()
    assert PART in page and "It is switched off for now" in page


def test_a_wallet_that_works_again_brings_the_plans_back(offer):
    Provider.objects.update(status="switched_off")
    assert "Choose 3 payments" not in offer()
    Provider.objects.update(status="vetted")
    page = offer()
    assert "Choose 3 payments" in page and "Waiting for that costs you nothing" not in page
