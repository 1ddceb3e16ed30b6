"""An agreement signed inside WeChat's own browser: WeChat's page for official accounts, never the one of H5."""

from __future__ import annotations

import re

import httpx
import pytest
from django.test import Client

from payments.debtor_plans import first_days
from tests.pages_debtor.browser import CHROMIUM, visitor
from tests.pages_debtor.test_agreements import HIDDEN
from wallets.models import Mandate, Provider

pytestmark = pytest.mark.django_db(transaction=True)
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
INSIDE = f"{ANDROID} MicroMessenger/8.0.49"
OFFERED = re.compile(r'<option value="(\w+)"[^>]*>(?:Alipay|WeChat Pay)')


@pytest.fixture
def wechat(wallet):
    Provider.objects.create(key="wechat", name="WeChat Pay", status="vetted", currencies=["CNY"], position=2)
    return wallet.of("wechat")


def signing_page(debtor, agent: str) -> str:
    """Where the button of the agreement's page leads in this browser."""
    debtor.client = Client(headers={"User-Agent": agent})
    debtor.identify()
    first = first_days("Asia/Shanghai")[0].isoformat()
    fields = dict(HIDDEN.findall(debtor.read("mandate_terms", count="3", first=first, wallet="wechat")))
    agreed = debtor.send("mandate_start", **fields, provider="wechat", agreed="on")
    assert agreed["Location"] == debtor.url("mandate_page", Mandate.objects.get().reference)
    answer = debtor.send("mandate_sign", Mandate.objects.get().reference)
    assert answer["Referrer-Policy"] == "no-referrer-when-downgrade", "WeChat could not lead back"
    return answer["Location"]


def test_inside_wechat_the_page_for_official_accounts_is_opened(wechat, debtor):
    page = signing_page(debtor, INSIDE)
    assert "/papay/entrustweb?" in page and "return_web=1" in page


def test_in_a_phones_own_browser_the_page_of_h5_is_opened(wechat, debtor):
    assert "/wechat/sign/" in signing_page(debtor, ANDROID)


def test_inside_wechat_its_own_agreement_is_offered_first(wechat, debtor):
    debtor.client = Client(headers={"User-Agent": INSIDE})
    debtor.identify()
    assert OFFERED.findall(debtor.read("mandate_offer")) == ["wechat", "alipay"]
    debtor.client = Client(headers={"User-Agent": ANDROID})
    debtor.identify()
    assert OFFERED.findall(debtor.read("mandate_offer")) == ["alipay", "wechat"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_signed_inside_wechat_and_led_back_to_the_agreement(site, wechat, debtor):
    with visitor(agent=INSIDE) as seen:
        page = seen.page
        page.goto(f"{site}{debtor.url('mandate_offer')}?wallet=wechat")
        page.fill("input[name=birth_year]", "1985")
        page.click("main form button")
        page.click("a[href*='/plan/terms/'] >> nth=0")
        page.check("input[name=agreed]")
        page.click("button[name=provider][value=wechat]")
        page.wait_for_url("**/agreement/**")
        page.click("main form[action$='/sign/'] .btn-primary")
        page.wait_for_url("**/wechat/agree/**")
        page.click("form[action$='/sign'] button.primary")
        page.wait_for_url("**/agreement/**")
        page.wait_for_selector("text=All set")
        assert seen.complaints == []
    assert Mandate.objects.get().state == "active"


def test_the_page_of_h5_does_not_open_inside_wechat(wechat, debtor):
    """So that the test above proves something: the simulator refuses what WeChat refuses."""
    page = signing_page(debtor, ANDROID)
    answer = httpx.get(page, headers={"User-Agent": INSIDE}, trust_env=False)
    assert answer.status_code == 400 and "微信外" in answer.text
