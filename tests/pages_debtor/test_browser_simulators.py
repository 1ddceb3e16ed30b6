"""The simulated wallets' own pages in a real browser: accessible, nothing sticks out, each control shows its focus."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.test import Client

from payments.debtor_plans import first_days
from payments.services import create_link
from tests import factories
from tests.pages_debtor.browser import CHROMIUM, visitor
from tests.pages_debtor.helpers import Debtor
from tests.pages_debtor.test_agreements import HIDDEN
from wallets.models import Mandate, Provider

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]
SCREENS = [(360, "dark", "zh-CN"), (1280, "light", "en-GB")]
DESK, PHONE = "Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (Linux; Android 14) Mobile"
# Wallet, currency, country, and whether an agreement is signed on a page of its own.
WALLETS = [
    ("alipay", "CNY", "CN", True),
    ("wechat", "CNY", "CN", True),
    ("stripe", "EUR", "DE", True),
    ("paypal", "USD", "US", True),
    ("bank_gateway", "CNY", "CN", False),
    ("mpesa", "KES", "KE", False),
    ("usdt_eth", "USD", "HK", False),
]
# What cannot be reached by a link of the debtor's pages.
HOMES = {
    "alipay": ("/alipay/", "/control/alipay/"),
    "wechat": ("/wechat/",),
    "stripe": ("/stripe/", "/control/stripe/", "/stripe/checkout/cs_nobody"),
    "paypal": ("/paypal/",),
    "bank_gateway": ("/bank/",),
    "mpesa": ("/mpesa/", "/mpesa/phone/254712345678/"),
    "usdt_eth": ("/chain/ethereum",),
}
UNFOCUSED = (
    "document.activeElement !== document.body && getComputedStyle(document.activeElement).outlineStyle === 'none'"
)


def debtor_with(key: str, currency: str, country: str) -> Debtor:
    Provider.objects.exclude(key=key).delete()
    regions = [country] if key.startswith("usdt") else []
    about = {"name": key.title(), "status": "vetted", "currencies": [currency], "regions": regions}
    Provider.objects.update_or_create(key=key, defaults=about)
    person = factories.debtor(birth_year="1985", country=country)
    account = factories.account(person=person, placement=factories.portfolio(person.creditor), currency=currency)
    link, url = create_link(account)
    # The bank's wallet is paid by a code that another screen shows.
    browser = Client(headers={"User-Agent": DESK if key == "bank_gateway" else PHONE})
    made = Debtor(account, link, url.rstrip("/").rpartition("/")[2], browser)
    made.identify()
    return made


def pages_of(debtor: Debtor, key: str, signs: bool) -> list[str]:
    """The wallet's pages of a payment and, where there is one, of an agreement, before anybody answered."""
    pages = [django_settings.WALLET_SANDBOX_URL + path for path in HOMES[key]]
    fields = {"choice": "full", "provider": key, "request_key": debtor.form_key(), "phone": "0712 345 678"}
    place = debtor.send("pay_start", **fields)["Location"]
    pages += [place] if place.startswith("http") else []
    if signs:
        first = first_days("Asia/Shanghai")[0].isoformat()
        form = dict(HIDDEN.findall(debtor.read("mandate_terms", count="3", first=first, wallet=key)))
        answer = debtor.send("mandate_start", **form, provider=key, agreed="on")
        if not answer["Location"].startswith("http"):
            answer = debtor.send("mandate_sign", Mandate.objects.latest("pk").reference)
        pages.append(answer["Location"])
    return pages


@pytest.mark.parametrize(("key", "currency", "country", "signs"), WALLETS, ids=[one[0] for one in WALLETS])
def test_a_simulated_wallets_pages_are_accessible_and_fit(site, key, currency, country, signs):
    complaints: list[str] = []
    for width, scheme, locale in SCREENS:
        # Some pages open once, so each screen has its own.
        pages = pages_of(debtor_with(key, currency, country), key, signs)
        with visitor(width=width, scheme=scheme, locale=locale) as seen:
            for address in pages:
                seen.page.goto(address, referer=f"{site}/p/somebody/agreement/one/")
                where = f"{address} {width} {scheme}"
                complaints += [f"{where}: {rule}" for rule in seen.axe()]
                complaints += [f"{where}: sticks out"] if seen.overflow() > 0 else []
                seen.page.keyboard.press("Tab")
                complaints += [f"{where}: no focus to be seen"] if seen.page.evaluate(UNFOCUSED) else []
    assert complaints == []
