"""The register's page when a wallet's settings name another merchant account."""

from __future__ import annotations

import pytest

from common.once import new_form_token
from wallets.models import Mandate, Provider

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def moved(account, settings):
    """An account is in use that the settings no longer name, and an agreement still runs under it."""
    settings.SANDBOX = True
    used = Provider.objects.create(key="alipay", name="Alipay", status="switched_off", merchant="app_id 1, seller_id 2")
    Mandate.objects.create(
        account=account,
        provider=used,
        merchant_reference="M1",
        currency="CNY",
        cap_minor=100,
        first_debit_on="2026-12-01",
    )
    return used


def test_the_page_says_what_is_wrong_and_leads_to_what_is_open(moved, admin, sign_in):
    page = sign_in(admin).get("/providers/alipay/", follow=True).content.decode()
    assert "name another merchant account" in page and "/providers/alipay/merchant/" in page


def test_moving_over_is_refused_on_the_page_with_words(moved, admin, sign_in):
    page = (
        sign_in(admin)
        .post("/providers/alipay/merchant/", {"reason": "new bank", "token": new_form_token()})
        .content.decode()
    )
    assert "1 debit agreements" in page and "Put the former settings back" in page
    moved.refresh_from_db()
    assert moved.merchant == "app_id 1, seller_id 2"


def test_with_nothing_open_one_button_moves_over(moved, admin, sign_in):
    Mandate.objects.all().delete()
    answer = sign_in(admin).post("/providers/alipay/merchant/", {"reason": "new bank", "token": new_form_token()})
    moved.refresh_from_db()
    assert answer.status_code == 302 and moved.merchant != "app_id 1, seller_id 2"
