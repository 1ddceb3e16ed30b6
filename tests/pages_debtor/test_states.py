"""Every account that takes no money says so in its own words, and a link that fails tells nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Event, Hold
from accounts.services import place_hold
from common.clock import now, today
from payments.models import Payment
from payments.plans import create_plan
from payments.services import create_link, revoke_link
from reminders.models import Message
from wallets.models import Provider

pytestmark = pytest.mark.django_db(transaction=True)


def main_of(answer) -> str:
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


def test_a_paid_account_asks_for_nothing(wallet, debtor):
    debtor.account.__class__.objects.filter(pk=debtor.account.pk).update(status="paid")
    page = debtor.read()
    assert "Nothing is owed any more" in page and "Pay with" not in page


def test_a_held_account_takes_nothing(wallet, debtor):
    key = debtor.form_key()
    place_hold(debtor.account, kind="breathing_space", reason="asked for", by=None, source="debtor")
    page = debtor.read()
    assert "This account is on hold" in page and "Pay with" not in page
    assert debtor.press_pay(key=key).status_code == 422
    assert not Payment.objects.exists()


def test_an_account_being_debited_today_cannot_be_paid_beside_it(wallet, debtor):
    Payment.objects.create(account=debtor.account, amount_minor=5000, currency="CNY", source="debit")
    page = debtor.read()
    assert "An agreed payment is being made today" in page and "Pay with" not in page


@pytest.mark.parametrize(
    ("status", "words"), [("recalled", "looks after this account again"), ("closed", "is closed with us")]
)
def test_an_account_that_is_not_ours_any_more_names_who_to_ask(wallet, debtor, status, words):
    debtor.account.__class__.objects.filter(pk=debtor.account.pk).update(status=status)
    assert words in debtor.read()


def test_without_a_vetted_wallet_the_page_says_it_is_our_side(wallet, debtor):
    key = debtor.form_key()
    Provider.objects.update(status="switched_off")
    assert "We cannot take payments right now" in debtor.read()
    assert debtor.press_pay(key=key).status_code == 422
    assert not Payment.objects.exists()


def test_a_wallet_for_another_currency_is_not_shown(wallet, debtor):
    Provider.objects.update(currencies=["EUR"])
    assert "We cannot take payments right now" in debtor.read()


def test_the_instalment_that_is_due_is_preset(wallet, debtor):
    create_plan(debtor.account, parts=[(today(), 40_000), (today() + timedelta(days=30), 85_000)])
    page = debtor.read()
    assert 'id="id_choice_instalment" checked' in page and "CN¥400.00" in page
    assert debtor.press_pay(choice="instalment").status_code == 303
    assert Payment.objects.get().amount_minor == 40_000


@pytest.mark.parametrize("spoil", ["unknown", "expired", "revoked"])
def test_a_link_that_does_not_work_is_a_calm_page_without_anyones_name(wallet, debtor, spoil):
    if spoil == "expired":
        debtor.link.expires_at = now() - timedelta(days=1)
        debtor.link.save()
    elif spoil == "revoked":
        revoke_link(debtor.link)
    token = "no-such-token" if spoil == "unknown" else debtor.token
    for name in ("", "statement/", "messages/", "pay/"):
        answer = debtor.client.get(f"/p/{token}/{name}")
        assert answer.status_code == (404 if spoil == "unknown" else 410)
        assert "Harbour" not in answer.content.decode() and "Send me a new link" in answer.content.decode()
        assert answer["Cache-Control"] == "no-store, private"


def test_a_new_link_is_asked_for_with_the_same_answer_for_every_token(wallet, debtor):
    revoke_link(debtor.link)
    known = debtor.client.post(f"/p/{debtor.token}/new-link/")
    unknown = debtor.client.post("/p/no-such-token/new-link/")
    assert main_of(known) == main_of(unknown) and known.status_code == unknown.status_code == 200
    message = Message.objects.get()
    assert message.purpose == "payment_link" and message.account_id == debtor.account.pk


def test_new_links_cannot_be_asked_for_without_end(wallet, debtor):
    for _try in range(6):
        debtor.client.post(f"/p/{debtor.token}/new-link/")
    for _try in range(6):
        _link, url = create_link(debtor.account)
        debtor.client.post(f"{url.removeprefix('http://testserver')}new-link/")
    assert Message.objects.count() == 3


def test_nothing_is_cached_or_told_to_other_sites(wallet, debtor):
    answer = debtor.open()
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Referrer-Policy"] == "same-origin"
    page = answer.content.decode()
    assert 'src="http' not in page and '<link rel="stylesheet" href="http' not in page


def test_a_dispute_holds_the_account_at_once_and_only_once(wallet, debtor):
    assert "Put the account on hold" in debtor.read("debtor_dispute")
    for _time in range(2):
        assert debtor.send("debtor_dispute", reason="not_mine").status_code in (200, 303)
    hold = Hold.objects.get()
    assert hold.kind == "dispute" and {"contact", "debit"} <= set(hold.blocks)
    assert Event.objects.filter(kind="hold.placed").count() == 1
    assert "The account is on hold" in debtor.read("debtor_dispute")
    assert "This account is on hold" in debtor.read()


def test_a_dispute_without_a_reason_is_asked_again_and_holds_nothing(wallet, debtor):
    assert debtor.send("debtor_dispute").status_code == 422
    assert not Hold.objects.exists()


@pytest.mark.parametrize("page", ["why", "real", "wallet", "safe", "advice", "help"])
def test_each_page_that_explains_opens(wallet, debtor, page):
    assert debtor.open("debtor_learn", page).status_code == 200
