"""Make the pictures of the how-to pages: our pages and the simulated wallets, as a person with a phone sees them.

    python run.py test tests/pages_debtor/wallet_pictures.py

It is a session of the tests, because they have the pages, the wallets and a browser; it needs Chromium. It writes
static/img/wallets/<name>.<en|zh>.webp, small enough for a slow line.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page

from payments.services import create_link
from tests import factories
from tests.pages_debtor.browser import visitor
from wallets.models import Provider

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = Path(__file__).resolve().parents[2] / "static" / "img" / "wallets"
WIDE, HIGH, QUALITY = 360, 640, 55
LANGUAGES = {"en": ("en", "en-GB"), "zh": ("zh-hans", "zh-CN")}
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"
# Shows a code for another screen; the picture is of the app that scans it.
DESK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
AT_A_DESK = ("bank_gateway",)
# A phone answers one question at a time.
PHONES = {"en": "712345678", "zh": "712345679"}
# Wallet: currency, country, minor units.
OWED = {
    "alipay": ("CNY", "CN", 125_000),
    "wechat": ("CNY", "CN", 125_000),
    "bank_gateway": ("CNY", "CN", 125_000),
    "stripe": ("EUR", "DE", 12_500),
    "paypal": ("USD", "US", 12_500),
    "mpesa": ("KES", "KE", 1_250_000),
    "usdt_eth": ("USD", "HK", 12_500),
}


def shoot(page: Page, name: str, language: str) -> None:
    page.wait_for_load_state()
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(FOLDER / f"{name}.{language}.webp", "WEBP", quality=QUALITY, method=6)


def on_the_wallets_page(page: Page, key: str, language: str) -> None:
    page.wait_for_selector("form[action$='/pay'] button.primary")
    shoot(page, key, language)


def alipay(page: Page, key: str, language: str) -> None:
    on_the_wallets_page(page, key, language)
    page.click("form[action$='/pay'] button.primary")
    page.wait_for_selector(".done-mark")
    shoot(page, "done", language)


def mpesa(page: Page, key: str, language: str) -> None:
    page.fill("input[name=phone]", "0" + PHONES[language])
    page.click("main form .btn-primary")
    page.wait_for_url("**/payment/**")
    page.goto(f"{settings.WALLET_SANDBOX_URL}/mpesa/phone/254{PHONES[language]}/")
    page.wait_for_selector("input[name=pin]")
    shoot(page, key, language)


def bank(page: Page, key: str, language: str) -> None:
    page.wait_for_url("**/payment/**")
    page.goto(settings.WALLET_SANDBOX_URL + "/bank/")
    page.click("ul.list a >> nth=0")
    page.wait_for_url("**/bank/pay/**")
    shoot(page, "bank", language)


def chain(page: Page, key: str, language: str) -> None:
    page.click("a.btn-primary")
    page.wait_for_selector("form[action*='/chain/'] button.primary")
    shoot(page, "chain", language)


STORIES: dict[str, Callable[[Page, str, str], None]] = {
    "alipay": alipay,
    "wechat": on_the_wallets_page,
    "stripe": on_the_wallets_page,
    "paypal": on_the_wallets_page,
    "mpesa": mpesa,
    "bank_gateway": bank,
    "usdt_eth": chain,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", STORIES)
def test_make_the_pictures_of(site, key, language):
    currency, country, balance = OWED[key]
    code, locale = LANGUAGES[language]
    Provider.objects.exclude(key=key).delete()
    regions = [country] if key.startswith("usdt") else []
    about = {"name": key.title(), "status": "vetted", "currencies": [currency], "regions": regions}
    Provider.objects.update_or_create(key=key, defaults=about)
    person = factories.debtor(country=country, birth_year="", language=code)
    account = factories.account(
        person=person, placement=factories.portfolio(person.creditor), currency=currency, balance_minor=balance
    )
    _link, url = create_link(account, language=code)
    agent = DESK if key in AT_A_DESK else ANDROID
    with visitor(width=WIDE, height=HIGH, locale=locale, agent=agent) as seen:
        seen.page.goto(site + "/p/" + url.partition("/p/")[2])
        if key == "alipay":
            shoot(seen.page, "choose", language)
        seen.page.click(f"button[name=provider][value={key}]")
        STORIES[key](seen.page, key, language)
