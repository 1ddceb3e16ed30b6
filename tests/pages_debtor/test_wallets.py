"""Linked wallets in the portal, and the pages for wallets that are not paid by a page of their own."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse

from payments.models import Attempt, Payment
from tests import factories
from wallets.models import PaymentMethod, Provider
from wallets.panels import mandate_panel
from wallets.services import link_method, pause_mandate, revoke_mandate
from wallets.views_mandates import CHANGES

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def linked(wallet, debtor):
    provider = Provider.objects.get(key="alipay")
    return [link_method(debtor.account, provider, token=token, origin="payment") for token in ("one", "two")]


def test_the_wallets_page_needs_the_question_first(wallet, debtor):
    assert debtor.open("debtor_wallets").status_code == 303
    debtor.identify()
    assert "No wallet is linked yet" in debtor.read("debtor_wallets")


def test_a_wallet_is_named_moved_and_removed_after_a_plain_word(linked, debtor):
    debtor.identify()
    first, second = linked
    debtor.send("debtor_wallet_rename", str(second.pk), label="My phone")
    debtor.send("debtor_wallet_move", str(second.pk), to="up")
    page = debtor.read("debtor_wallets")
    assert page.index("My phone") < page.index(str(first.pk))
    assert "two" not in page
    assert "Remove My phone?" in debtor.read("debtor_wallet_remove", str(second.pk))
    assert PaymentMethod.objects.filter(removed_at=None).count() == 2
    debtor.send("debtor_wallet_remove", str(second.pk))
    debtor.send("debtor_wallet_remove", str(second.pk))
    assert PaymentMethod.objects.filter(removed_at=None).get() == first


def test_somebody_elses_wallet_is_not_there(wallet, debtor):
    other = factories.account()
    method = link_method(other, Provider.objects.get(key="alipay"), token="x", origin="payment")
    debtor.identify()
    assert debtor.open("debtor_wallet_remove", str(method.pk)).status_code == 404
    assert debtor.send("debtor_wallet_remove", str(method.pk)).status_code == 404
    method.refresh_from_db()
    assert method.removed_at is None


def test_the_pay_page_calls_a_linked_wallet_by_its_name(linked, debtor):
    debtor.identify()
    debtor.send("debtor_wallet_rename", str(linked[0].pk), label="My phone")
    assert "Pay with My phone" in debtor.read()


def test_a_switched_off_wallet_is_named_with_the_reason_where_no_other_is(wallet, debtor):
    Provider.objects.update(status="switched_off")
    page = debtor.read()
    assert "We cannot take payments right now" in page and "It is switched off for now" in page


STEPS = [
    ("qr", {"payload": "weixin://wxpay/bizpayurl?pr=1"}, "Scan to pay"),
    ("wait_for_prompt", {}, "Confirm on your phone"),
    ("deeplink", {"url": "alipays://platformapi/x"}, "Open Alipay"),
    ("sdk", {"payload": '{"appId": "wx1"}'}, "Confirm in Alipay"),
    (
        "address",
        {
            "payload": "TXYZaddress",
            "amount": {"minor": 175_808_720, "currency": "USDT"},
            "rate": "1 USDT = 7.11 CNY",
            "network": "TRON",
        },
        "175.808720 USDT",
    ),
]


@pytest.mark.parametrize(("kind", "fields", "words"), STEPS, ids=[step[0] for step in STEPS])
def test_every_kind_of_next_step_has_its_page_that_looks_again(wallet, debtor, kind, fields, words):
    key = debtor.form_key()
    debtor.press_pay(key=key)
    attempt = Attempt.objects.get()
    kept = {"url": "", "payload": "", "expires_at": attempt.expires_at.isoformat()} | fields
    Attempt.objects.update(action=kept | {"kind": kind}, looked_up_at=attempt.expires_at)
    page = debtor.read("pay_return", key)
    assert words in page and "left" in page and 'http-equiv="refresh"' in page
    drawn = 'class="code-picture"' in page and "<path" in page
    assert drawn is (kind in ("qr", "address", "deeplink"))
    part = debtor.client.get(
        debtor.url("pay_return", key), {"page": page_name(page)}, headers={"HX-Request": "true"}
    ).content.decode()
    assert part.lstrip().startswith('<div id="standing"')
    again = debtor.press_pay()
    assert again.status_code == 303 and Payment.objects.count() == 1


def page_name(page: str) -> str:
    return page.split("?page=")[1].split('"')[0]


def test_a_page_that_looks_again_moves_on_when_it_is_paid(wallet, debtor):
    key = debtor.form_key()
    started = debtor.press_pay(key=key)
    wallet.press(f"{wallet.open(started['Location'])}/pay")
    Attempt.objects.update(looked_up_at=None)
    moved = debtor.client.get(
        debtor.url("pay_return", key), {"page": "result_unfinished"}, headers={"HX-Request": "true"}
    )
    assert moved.status_code == 204 and moved["HX-Redirect"] == debtor.url("pay_return", key)
    assert "has arrived" in debtor.read("pay_return", key)


@pytest.fixture
def mpesa(wallet, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return Provider.objects.create(key="mpesa", name="M-Pesa", status="vetted", currencies=["KES"])


@pytest.fixture
def kenyan(mpesa):
    from django.test import Client

    from payments.services import create_link
    from tests.pages_debtor.helpers import Debtor

    person = factories.debtor(birth_year="1985", country="KE", time_zone="Africa/Nairobi")
    account = factories.account(
        person=person, placement=factories.portfolio(person.creditor), currency="KES", reachable=False
    )
    factories.contact_point(person, kind="phone", value="+254712345678")
    link, url = create_link(account)
    return Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client())


def test_a_wallet_that_asks_on_the_phone_asks_for_its_number_first(kenyan):
    asked = kenyan.press_pay(provider="mpesa")
    page = asked.content.decode()
    assert "Which phone has the wallet?" in page and "678" not in page and not Payment.objects.exists()
    fields = {"choice": "full", "provider": "mpesa", "request_key": kenyan.form_key()}
    wrong = kenyan.send("pay_start", **fields, phone="12")
    assert wrong.status_code == 422 and "Write the phone number" in wrong.content.decode()
    assert not Payment.objects.exists()


def test_the_number_on_file_is_offered_masked_after_the_question(kenyan):
    kenyan.identify()
    page = kenyan.press_pay(provider="mpesa").content.decode()
    assert "5678, the number we have" in page and "+254712345678" not in page


def test_the_prompt_goes_out_once_and_the_page_waits_for_the_phone(kenyan):
    key = kenyan.form_key()
    fields = {"choice": "full", "provider": "mpesa", "request_key": key, "phone": "0712 345 678"}
    first, second = kenyan.send("pay_start", **fields), kenyan.send("pay_start", **fields)
    assert first["Location"] == second["Location"] == kenyan.url("pay_return", key)
    page = kenyan.read("pay_return", key)
    assert "Confirm on your phone" in page and "678" in page and "0712" not in page
    assert Attempt.objects.count() == 1


def test_pausing_and_going_on_by_the_debtors_own_button(wallet, debtor):
    from tests.pages_debtor.helpers import path_of
    from tests.pages_debtor.test_agreements import agree

    started, _page, _fields = agree(debtor)
    debtor.client.get(path_of(wallet.press(f"{wallet.open(started['Location'])}/sign")))
    mandate = debtor.account.mandates.get()
    debtor.open("mandate_pause", mandate.reference)
    assert "Pause it" in debtor.read("mandate_page", mandate.reference)
    debtor.send("mandate_pause", mandate.reference)
    assert "are paused" in debtor.read("mandate_page", mandate.reference)
    debtor.send("mandate_resume", mandate.reference)
    mandate.refresh_from_db()
    assert mandate.state == "active"


def agents_panel(account, agent) -> tuple[dict, str]:
    request = RequestFactory().get("/")
    request.user = agent
    shown = mandate_panel(request, account)
    return shown, render_to_string("staff/panels/mandate.html", {**shown, "subject": account})


def test_the_agents_panel_shows_masked_facts_only(linked, debtor, agent, wallet):
    shown, html = agents_panel(debtor.account, agent)
    assert [method.token for method in shown["methods"]] == ["one", "two"]
    assert "Alipay" in html and "one<" not in html and "token" not in html


def test_the_agents_panel_leads_to_what_may_be_changed_now(linked, debtor, agent, wallet):
    from tests.pages_debtor.helpers import path_of
    from tests.pages_debtor.test_agreements import agree

    def offered() -> set[str]:
        _shown, html = agents_panel(debtor.account, agent)
        addresses = {name: reverse("mandate_change", args=[debtor.account.reference, name]) for name in CHANGES}
        return {name for name, address in addresses.items() if f'href="{address}"' in html}

    assert offered() == set()
    started, _page, _fields = agree(debtor)
    debtor.client.get(path_of(wallet.press(f"{wallet.open(started['Location'])}/sign")))
    mandate = debtor.account.mandates.get()
    assert offered() == {"pause", "end"}
    assert pause_mandate(mandate, by=agent, reason="the person is in hospital")
    assert offered() == {"resume", "end"}
    assert revoke_mandate(mandate, by=agent, reason="the person asked us to")
    assert offered() == set()
