"""The pay page inside WeChat's own browser: WeChat says who pays, its sheet confirms, our page asks how it went."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings as django_settings
from django.test import Client
from structlog.testing import capture_logs

from common import clock
from payments.models import Attempt, Payment
from payments.services import create_link
from tests.pages_debtor.helpers import Debtor, path_of
from wallets.models import Provider
from wallets.sandbox.merchant import merchants

pytestmark = pytest.mark.django_db(transaction=True)
ANDROID = "Mozilla/5.0 (Linux; Android 14) Mobile"
INSIDE = f"{ANDROID} MicroMessenger/8.0.49"
REQUEST = re.compile(r'data-wallet-request="([^"]+)"')


@pytest.fixture
def wechat(wallet):
    Provider.objects.create(key="wechat", name="WeChat Pay", status="vetted", currencies=["CNY"], position=2)
    return wallet.of("wechat")


@pytest.fixture
def inside(wechat, debtor):
    """Wang Fang with her link in WeChat."""
    debtor.client = Client(headers={"User-Agent": INSIDE})
    return debtor


def press(debtor, **fields):
    """She presses the button of WeChat Pay; returns the answer."""
    return debtor.press_pay(provider="wechat", **fields)


def through_wechat(url, agent=INSIDE):
    """The browser goes where we sent it, and WeChat sends it back to us; returns our path."""
    answer = httpx.get(url.partition("#")[0], headers={"User-Agent": agent}, trust_env=False)
    assert answer.status_code == 303, answer.text
    return path_of(answer.headers["location"])


def started(debtor, **fields):
    """A payment up to the page with WeChat's sheet; returns the path of that page."""
    answer = debtor.client.get(through_wechat(press(debtor, **fields)["Location"]))
    assert answer.status_code == 303, answer.content
    return answer["Location"]


def sheet_of(debtor, page):
    """What our page hands to WeChat."""
    found = REQUEST.search(debtor.client.get(page).content.decode())
    assert found, "the page has no sheet to show"
    return html.unescape(found.group(1))


def confirm(wallet_url, request, back="http://testserver/back"):
    """As the sheet does: WeChat checks what was signed, shows its page, the payer confirms. Returns where it leads."""
    asked = {"request": request, "back": back}
    with httpx.Client(base_url=wallet_url, trust_env=False) as phone:
        sheet = phone.get("/wechat/jsapi", params=asked)
        assert sheet.status_code == 303, sheet.text
        return phone.post(f"{sheet.headers['location']}/pay").headers["location"]


def test_paid_inside_wechat_without_leaving_it(inside, wechat, settings):
    page = started(inside)
    assert page.endswith("/?now=1")
    shown = inside.client.get(page).content.decode()
    assert "data-wallet-now" in shown and "wallet_bridge.js" in shown
    back = confirm(settings.WALLET_SANDBOX_URL, sheet_of(inside, page), f"http://testserver{page.partition('?')[0]}")
    assert wechat.debits() == 1
    Attempt.objects.update(looked_up_at=None)
    assert "Paid" in inside.client.get(path_of(back)).content.decode()
    assert Payment.objects.get().state == "succeeded"


def test_a_sheet_that_says_it_was_paid_is_not_believed(inside, wechat):
    page = started(inside).partition("?")[0]
    shown = inside.client.get(page).content.decode()
    assert "data-wallet-now" not in shown and REQUEST.search(shown), "the button stays, the sheet waits for it"
    assert Payment.objects.get().state == "open" and wechat.debits() == 0


def test_nothing_of_ours_is_in_the_page_but_an_external_script(inside):
    page = inside.client.get(started(inside)).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", page) and not re.search(r"\son\w+=", page)


def test_wechat_is_asked_only_inside_wechat(inside):
    asked = press(inside)["Location"]
    assert "/connect/oauth2/authorize?" in asked and Payment.objects.count() == 0
    inside.client = Client(headers={"User-Agent": ANDROID})
    assert "/wechat/h5/" in press(inside)["Location"]


def test_what_was_chosen_waits_and_goes_on(inside):
    started(inside, choice="other", other="12.34")
    assert Payment.objects.get().amount_minor == 1234


def test_an_amount_that_cannot_be_paid_is_refused_before_wechat_is_asked(inside):
    answer = press(inside, choice="other", other="9999999.00")
    assert answer.status_code == 422 and Payment.objects.count() == 0


def test_coming_back_twice_starts_one_payment(inside):
    back = through_wechat(press(inside)["Location"])
    first, second = inside.client.get(back), inside.client.get(back)
    assert first["Location"] == second["Location"] and Payment.objects.count() == 1


def test_a_button_pressed_twice_starts_one_payment(inside):
    key = inside.form_key()
    one, two = press(inside, key=key)["Location"], press(inside, key=key)["Location"]
    inside.client.get(through_wechat(two))
    late = inside.client.get(through_wechat(one))
    assert late.status_code == 409 and Payment.objects.count() == 1


@pytest.mark.parametrize("state", ["", "0" * 64, "ä"])
def test_a_state_that_is_not_this_browsers_starts_nothing(inside, state):
    back = through_wechat(press(inside)["Location"])
    code = parse_qs(urlsplit(back).query)["code"][0]
    answer = inside.open("pay_payer", code=code, state=state)
    assert answer.status_code == 409 and Payment.objects.count() == 0
    assert "This step is over" in answer.content.decode()


def test_another_browser_cannot_be_sent_through_the_last_step(inside):
    back = through_wechat(press(inside)["Location"])
    assert Client(headers={"User-Agent": INSIDE}).get(back).status_code == 409
    assert Payment.objects.count() == 0


def test_the_step_of_one_link_is_none_of_another(inside):
    back = through_wechat(press(inside)["Location"])
    other, url = create_link(inside.account)
    elsewhere = Debtor(inside.account, other, url.rstrip("/").rpartition("/")[2], inside.client)
    state, code = (parse_qs(urlsplit(back).query)[name][0] for name in ("state", "code"))
    assert elsewhere.open("pay_payer", state=state, code=code).status_code == 409
    assert Payment.objects.count() == 0


def test_a_step_that_took_too_long_is_over(inside, monkeypatch):
    back = through_wechat(press(inside)["Location"])
    late = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr("payments.views_debtor.openid.now", lambda: late)
    assert inside.client.get(back).status_code == 409 and Payment.objects.count() == 0


def test_a_spent_code_says_that_nothing_moved_and_offers_the_form_again(inside):
    back = through_wechat(press(inside)["Location"])
    query = parse_qs(urlsplit(back).query)
    answer = inside.open("pay_payer", state=query["state"][0], code="spent")
    page = answer.content.decode()
    assert answer.status_code == 422 and "No money has moved" in page and 'name="request_key"' in page
    assert Payment.objects.count() == 0


@pytest.mark.parametrize("fault", ["http_500", "garbage", "rate_limited", "timeout_before_commit"])
def test_when_wechat_does_not_say_who_pays_another_wallet_is_offered_and_nothing_is_started(inside, wechat, fault):
    back = through_wechat(press(inside)["Location"])
    wechat.fault(fault, method="access_token")
    answer = inside.client.get(back)
    page = answer.content.decode()
    assert answer.status_code == 503 and Payment.objects.count() == 0
    assert "No money has moved" in page and "You can pay the same amount with Alipay now" in page
    assert "/connect/oauth2/authorize?" in press(inside)["Location"]


def test_the_same_payer_goes_on_without_being_asked_again(inside):
    page = started(inside)
    again = press(inside)["Location"]
    assert again == page and Attempt.objects.count() == 1


def test_another_payer_gets_an_order_of_their_own_and_the_first_can_no_longer_be_paid(inside, wechat, settings):
    first = sheet_of(inside, started(inside))
    wechat.user("payer", openid="oSomebodyElse0000000000000002")
    cousin = Debtor(inside.account, inside.link, inside.token, Client(headers={"User-Agent": INSIDE}))
    confirm(settings.WALLET_SANDBOX_URL, sheet_of(cousin, started(cousin)))
    wechat.user("payer", openid="oSandboxPayer0000000000000001")
    with httpx.Client(base_url=settings.WALLET_SANDBOX_URL, trust_env=False) as phone:
        cashier = phone.get("/wechat/jsapi", params={"request": first}).headers["location"]
        phone.post(f"{cashier}/pay")
    assert wechat.debits() == 1
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["cancelled", "open"]


def test_a_payment_begun_outside_is_not_shown_as_a_page_that_does_not_open(inside, wechat):
    outside = Debtor(inside.account, inside.link, inside.token, Client(headers={"User-Agent": ANDROID}))
    h5 = press(outside)["Location"]
    assert html.escape(h5) in outside.read() and html.escape(h5) not in inside.read()
    assert REQUEST.search(inside.client.get(started(inside)).content.decode())
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["cancelled", "open"]


def test_a_payment_begun_inside_is_not_gone_on_with_outside(inside):
    started(inside)
    outside = Debtor(inside.account, inside.link, inside.token, Client(headers={"User-Agent": ANDROID}))
    assert "/wechat/h5/" in press(outside)["Location"]
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["cancelled", "open"]


def test_where_the_apps_secret_is_missing_wechat_is_not_offered_and_says_what_to_do(inside, settings):
    merchant = merchants(settings.WALLET_SANDBOX_URL, django_settings.SECRETS_DIR)["wechat"]
    secrets = {name: file for name, file in merchant.secrets.items() if name != "app_secret"}
    file = Path(django_settings.SECRETS_DIR) / "wallets" / "wechat.json"
    file.write_text(json.dumps({"options": dict(merchant.options), "secrets": secrets, "currencies": ["CNY"]}))
    try:
        page = inside.read()
        assert re.findall(r'name="provider" value="(\w+)"', page) == ["alipay"]
        assert "open this page in your phone&#x27;s own browser" in page
    finally:
        file.unlink()


def test_who_pays_is_neither_logged_nor_kept(inside, wechat, caplog):
    caplog.set_level("DEBUG")
    with capture_logs() as heard:
        page = started(inside)
        inside.client.get(page)
    attempt = Attempt.objects.get()
    kept = f"{heard} {caplog.text} {attempt.action} {vars(attempt)} {dict(inside.client.session)}"
    assert "oSandboxPayer" not in kept
