"""Which wallet the pay page offers first: the person's own, the one they stand in, then those of their country."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from common.clock import now
from payments.services import create_link
from tests import factories
from tests.pages_debtor.helpers import Debtor
from wallets.health import Heard, record
from wallets.models import Provider
from wallets.sandbox_register import register_sandbox_providers
from wallets.services import link_method

pytestmark = pytest.mark.django_db(transaction=True)
BUTTON = re.compile(r'name="provider" value="(\w+)"')
ANDROID = "Mozilla/5.0 (Linux; Android 14) Mobile"


@pytest.fixture
def register(running_wallet, settings):
    """Every simulated wallet, as a new sandbox has them."""
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_wallet.base_url
    settings.PUBLIC_URL = "http://testserver"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    register_sandbox_providers()


def living_in(country: str, currency: str) -> Debtor:
    person = factories.debtor(birth_year="1985", country=country)
    account = factories.account(
        person=person, placement=factories.portfolio(person.creditor), currency=currency, balance_minor=500_000
    )
    link, url = create_link(account)
    return Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client())


def offered(debtor: Debtor, agent: str = ANDROID) -> list[str]:
    page = debtor.client.get(debtor.url("pay"), headers={"User-Agent": agent}).content.decode()
    return BUTTON.findall(page)


def ail(key: str) -> None:
    record([Heard(Provider.objects.get(key=key).pk, now(), 20, "no_response") for _call in range(9)])


@pytest.mark.parametrize(
    ("country", "currency", "first"),
    [
        ("KE", "KES", {"mpesa"}),
        ("CN", "USD", {"alipay", "wechat"}),
        ("DE", "EUR", {"stripe", "paypal"}),
        ("FR", "EUR", {"stripe", "paypal"}),
        ("US", "USD", {"stripe", "paypal"}),
        ("TW", "TWD", {"paypal"}),
    ],
)
def test_the_wallets_of_the_persons_own_country_come_first(register, country, currency, first):
    shown = [key for key in offered(living_in(country, currency)) if key != "bank_gateway"]
    assert set(shown[: len(first)]) == first and len(shown) > len(first)


def test_a_wallet_for_the_whole_world_comes_between_home_and_abroad(register):
    Provider.objects.filter(key="wechat").update(regions=[])
    shown = offered(living_in("KE", "KES"))
    assert shown[:2] == ["mpesa", "wechat"] and "alipay" in shown[2:]


def test_a_wallet_of_one_country_comes_before_one_of_many(register):
    Provider.objects.filter(key="alipay").update(regions=["KE", "CN", "TZ"])
    assert offered(living_in("KE", "KES"))[:2] == ["mpesa", "alipay"]


def test_the_persons_own_wallets_stay_first_wherever_they_live(register):
    kenyan = living_in("KE", "KES")
    link_method(kenyan.account, Provider.objects.get(key="alipay"), token="x", origin="mandate")
    assert offered(kenyan)[:2] == ["alipay", "mpesa"]


@pytest.mark.parametrize(
    ("words", "first"), [("MicroMessenger/8.0.49", "wechat"), ("AlipayClient/10.5", "alipay"), ("Chrome/130", "mpesa")]
)
def test_inside_a_wallets_own_browser_that_wallet_comes_first(register, words, first):
    assert offered(living_in("KE", "KES"), f"{ANDROID} {words}")[0] == first


def test_a_wallet_that_hardly_answers_comes_after_the_others(register):
    kenyan = living_in("KE", "KES")
    ail("mpesa")
    assert offered(kenyan)[-1] == "mpesa"


def test_an_agreement_is_offered_in_the_same_order(register):
    german = living_in("DE", "EUR")
    german.identify()
    page = german.read("mandate_offer")
    assert re.search(r"wallet=(\w+)", page).group(1) in ("stripe", "paypal")
