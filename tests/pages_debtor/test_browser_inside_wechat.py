"""WeChat's own browser, as far as a browser can pretend: its stand-in for the sheet, and a sheet that lies."""

from __future__ import annotations

import pytest

from payments.models import Payment
from tests.pages_debtor.browser import CHROMIUM, visitor
from wallets.models import Provider

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
INSIDE = f"{ANDROID} MicroMessenger/8.0.49"
WECHAT = "button[name='provider'][value='wechat']"
SHEET = "[data-wallet-request]"
# What WeChat puts into a page, and an answer nobody may believe.
LIAR = """
window.asked = Number(sessionStorage.getItem("asked") || 0);
window.WeixinJSBridge = { invoke(name, request, done) {
  sessionStorage.setItem("asked", ++window.asked);
  done({ err_msg: "get_brand_wcpay_request:ok" });
} };
"""


@pytest.fixture
def wechat(wallet):
    Provider.objects.create(key="wechat", name="WeChat Pay", status="vetted", currencies=["CNY"], position=2)
    return wallet.of("wechat")


def test_paid_inside_wechat_by_one_button_and_its_sheet(site, wechat, debtor):
    with visitor(agent=INSIDE) as seen:
        page = seen.page
        page.goto(f"{site}{debtor.url('pay')}")
        assert page.locator("button[name='provider']").first.get_attribute("value") == "wechat"
        page.locator(WECHAT).click()
        page.wait_for_url("**/wechat/cashier/**")
        page.locator("form[action$='/pay'] button").click()
        page.wait_for_selector(".done-mark", timeout=30_000)
        assert seen.complaints == []
    assert wechat.debits() == 1 and Payment.objects.get().state == "succeeded"


@pytest.mark.parametrize(
    ("scheme", "width", "language"), [("light", 360, "en"), ("dark", 1280, "zh-hans")], ids=["phone", "desktop"]
)
def test_who_leaves_the_sheet_finds_the_button_and_is_not_asked_by_itself_again(
    site, wechat, debtor, scheme, width, language
):
    debtor.account.debtor.language = language
    debtor.account.debtor.save()
    with visitor(agent=INSIDE, width=width, scheme=scheme) as seen:
        page = seen.page
        page.goto(f"{site}{debtor.url('pay')}")
        page.locator(WECHAT).click()
        page.wait_for_url("**/wechat/cashier/**")
        page.locator("form[action$='/cancel'] button").click()
        page.wait_for_selector(f"{SHEET}:visible")
        assert seen.axe() == [] and seen.overflow() <= 0 and seen.complaints == []
        page.locator(SHEET).click()
        page.wait_for_url("**/wechat/cashier/**")
    assert wechat.debits() == 0 and Payment.objects.count() == 1


def test_what_the_sheet_says_is_not_believed(site, wechat, debtor):
    with visitor(agent=INSIDE) as seen:
        page = seen.page
        page.add_init_script(LIAR)
        page.goto(f"{site}{debtor.url('pay')}")
        page.locator(WECHAT).click()
        page.wait_for_url(lambda url: "/payment/" in url and "?" not in url)
        page.wait_for_selector(f"{SHEET}:visible")
        assert page.evaluate("window.asked") == 1
        assert "WeChat Pay" in page.inner_text("h1") and not page.locator(".done-mark").count()
    assert wechat.debits() == 0 and Payment.objects.get().state == "open"


def test_outside_the_app_there_is_no_button_that_does_nothing(site, wechat, debtor):
    with visitor(agent=INSIDE) as seen:
        seen.page.goto(f"{site}{debtor.url('pay')}")
        seen.page.locator(WECHAT).click()
        seen.page.wait_for_url("**/wechat/cashier/**")
    key = Payment.objects.get().request_key
    with visitor(agent=ANDROID) as seen:
        seen.page.goto(f"{site}{debtor.url('pay_return', key)}", wait_until="networkidle")
        assert seen.page.locator(SHEET).is_hidden()
        assert "only inside the wallet's own app" in seen.page.inner_text("main")
