"""Every wallet of the register is either offered or explained: each reason in its own plain words."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client

from common.clock import today
from payments.debtor_wallets import purse_of
from payments.models import Payment
from payments.services import create_link
from tests import factories
from tests.pages_debtor.helpers import Debtor
from wallets.models import Provider
from wallets.providers.base import Channel
from wallets.sandbox.merchant import merchants
from wallets.sandbox_register import register_sandbox_providers

pytestmark = pytest.mark.django_db(transaction=True)
ANDROID = "Mozilla/5.0 (Linux; Android 14) Mobile"
COMPUTER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130"


@pytest.fixture
def register(running_wallet, settings):
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_wallet.base_url
    settings.PUBLIC_URL = "http://testserver"
    register_sandbox_providers()


def owing(minor: int = 500_000, *, country: str = "CN", currency: str = "CNY") -> Debtor:
    person = factories.debtor(birth_year="1985", country=country)
    account = factories.account(
        person=person, placement=factories.portfolio(person.creditor), currency=currency, balance_minor=minor
    )
    link, url = create_link(account)
    return Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client())


def seen(debtor: Debtor, agent: str = ANDROID) -> str:
    return unescape(debtor.client.get(debtor.url("pay"), headers={"User-Agent": agent}).content.decode())


def told(debtor: Debtor, key: str, agent: str = ANDROID) -> str:
    """What the page says against a wallet, "" when it says nothing; a wallet is never offered and explained at once."""
    page, name = seen(debtor, agent), Provider.objects.get(key=key).display_name
    offered = f'name="provider" value="{key}"' in page
    row = page.partition(f"<li><strong>{name}</strong>")[2].partition("</li>")[0].strip()
    assert offered is (not row), f"{key} is offered: {offered}, and explained: {row!r}"
    return row


def change(key: str, **fields: object) -> None:
    Provider.objects.filter(key=key).update(**fields)


def test_a_wallet_under_review_says_so(register):
    change("alipay", status="draft")
    assert told(owing(), "alipay") == "We have not finished checking it, so it takes no money yet."


def test_a_wallet_whose_licence_review_is_past_says_so(register):
    change("alipay", review_due=today())
    assert told(owing(), "alipay") == (
        "The yearly check of its licence is due, so it takes no money until that is done."
    )
    change("alipay", review_due=today() + timedelta(days=1))
    assert told(owing(), "alipay") == ""


def test_a_wallet_that_is_switched_off_says_so(register):
    change("alipay", status="switched_off")
    assert told(owing(), "alipay") == "It is switched off for now. That is on our side."


def test_a_wallet_with_spoilt_settings_says_so_without_a_detail(register):
    file = Path(django_settings.SECRETS_DIR) / "wallets/alipay.json"
    file.write_text("{")
    try:
        assert told(owing(), "alipay") == "It is not set up completely on our side."
    finally:
        file.unlink()


def test_a_wallet_of_few_currencies_names_them_and_one_of_many_names_ours(register):
    debtor = owing(currency="CNY")
    assert told(debtor, "mpesa") == "It takes KES only, and this account is in CNY."
    change("stripe", currencies=["AUD", "CHF", "EUR", "GBP"])
    assert told(debtor, "stripe") == "It does not take CNY."


def test_a_wallet_for_agreements_only_says_so(register):
    debtor = owing(country="KE", currency="KES")
    assert told(debtor, "mpesa_ratiba") == "It makes automatic payments by an agreement only, not single ones."


def test_coins_are_offered_only_where_the_register_names_the_country(register):
    in_china, in_hong_kong = owing(currency="USD"), owing(country="HK", currency="USD")
    assert told(in_china, "usdt_tron") == "It may not be used for this in China."
    assert told(in_hong_kong, "usdt_tron") == ""
    pressed = in_china.press_pay(provider="usdt_tron", key="d" * 32)
    assert pressed.status_code == 409 and "may not be used for this in China" in pressed.content.decode()
    assert not Payment.objects.exists()


def test_a_debt_below_what_a_wallet_takes_says_from_where_it_does(register):
    assert told(owing(30, country="US", currency="USD"), "stripe") == (
        "The smallest amount it takes is $0.50, and you owe less."
    )


def test_a_debt_that_is_no_whole_number_of_steps_is_offered_with_the_step(register):
    debtor = owing(12_550, country="KE", currency="KES")
    assert told(debtor, "mpesa") == ""
    assert "only amounts in steps of KES1.00" in seen(debtor).partition('value="mpesa"')[2].partition("</button>")[0]


def test_a_debt_above_what_a_wallet_takes_is_offered_in_parts_with_the_limit(register):
    page = seen(owing(50_000_000, country="KE", currency="KES"))
    assert "at most" in page.partition('value="mpesa"')[2].partition("</button>")[0]


def test_a_wallet_to_be_scanned_needs_another_screen_than_the_phone(register):
    debtor = owing()
    assert "open this page on another screen" in told(debtor, "bank_gateway", ANDROID)
    assert told(debtor, "bank_gateway", COMPUTER) == ""


def test_a_wallet_shut_inside_its_own_app_says_how_to_get_out(register, settings):
    """WeChat without the secret by which it would tell who pays."""
    debtor, inside = owing(), f"{ANDROID} MicroMessenger/8.0.49"
    assert told(debtor, "wechat", inside) == ""
    made = merchants(settings.WALLET_SANDBOX_URL, django_settings.SECRETS_DIR)["wechat"]
    secrets = {name: file for name, file in made.secrets.items() if name != "app_secret"}
    file = Path(django_settings.SECRETS_DIR) / "wallets/wechat.json"
    file.write_text(json.dumps({"options": dict(made.options), "secrets": secrets, "currencies": ["CNY"]}))
    try:
        assert "open this page in your phone's own browser" in told(debtor, "wechat", inside)
        assert told(debtor, "wechat", ANDROID) == ""
    finally:
        file.unlink()


def test_the_reasons_are_behind_one_quiet_line(register):
    page = seen(owing())
    before, _, after = page.partition('<details class="why-not">')
    assert "<summary>Why not another wallet?</summary>" in after and "It takes KES only" not in before
    Provider.objects.exclude(key__in=["alipay", "wechat"]).delete()
    change("wechat", status="switched_off")
    assert "<summary>Why not WeChat Pay?</summary>" in seen(owing())


def test_where_none_is_left_every_reason_stands_there_with_a_way_to_a_person(register):
    Provider.objects.update(status="switched_off")
    change("alipay", review_due=today(), status="vetted")
    debtor = owing()
    creditor = debtor.account.creditor
    creditor.support_phone, creditor.support_email = "+86 10 5555 0100", "help@creditor.example"
    creditor.save()
    page = seen(debtor)
    assert "We cannot take payments right now" in page and "<details" not in page.partition("We cannot")[2][:2000]
    assert "yearly check of its licence" in page and "switched off for now" in page
    for way in ("tel:+86 10 5555 0100", "mailto:help@creditor.example", debtor.url("debtor_messages"), "Try again"):
        assert way in page, way


def test_no_wallet_is_left_out_without_a_word(register):
    for country, currency in [("CN", "CNY"), ("KE", "KES"), ("DE", "EUR"), ("HK", "HKD"), ("TW", "TWD")]:
        account = owing(country=country, currency=currency).account
        for channel in (Channel.PHONE, Channel.DESKTOP):
            purse = purse_of(account, channel)
            offered, withheld = ({one.provider.key for one in some} for some in (purse.offered, purse.withheld))
            assert offered | withheld == set(Provider.objects.values_list("key", flat=True))
            assert not offered & withheld and all(one.words for one in purse.withheld)


def test_no_reason_tells_what_only_we_should_know(register):
    """Not the note of who switched it off, no licence number, no address of the wallet's."""
    change("alipay", status="switched_off", status_reason="fraud suspected by M. Chen", licence="PBOC 2019-77")
    page = seen(owing())
    assert "M. Chen" not in page and "PBOC" not in page and json.dumps("api_url") not in page
