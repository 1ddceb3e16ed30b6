"""From the link to the receipt: once, whatever the fingers do."""

from __future__ import annotations

import pytest

from accounts.models import Event
from payments.models import Attempt, JournalEntry, Payment
from tests.pages_debtor.helpers import path_of, pay_in_wallet

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_page_says_who_asks_how_much_and_for_what(wallet, debtor):
    page = debtor.read()
    for words in ("Harbour Bank", "CN¥1,250.00", "Credit card", debtor.account.creditor_reference, "Pay with Alipay"):
        assert words in page


def test_full_payment_from_link_to_receipt(wallet, debtor):
    started = debtor.press_pay()
    assert started.status_code == 303
    back = pay_in_wallet(wallet, started["Location"])
    done = debtor.client.get(path_of(back))
    page = done.content.decode()
    debtor.account.refresh_from_db()
    payment = Payment.objects.get()
    assert debtor.account.status == "paid" and debtor.account.balance_minor == 0
    assert payment.reference in page and "CN¥1,250.00" in page
    assert "Nothing is owed any more" in debtor.read()


def test_a_part_leaves_the_rest(wallet, debtor):
    started = debtor.press_pay(choice="other", other="250.50")
    debtor.client.get(path_of(pay_in_wallet(wallet, started["Location"])))
    debtor.account.refresh_from_db()
    assert debtor.account.balance_minor == 125_000 - 25_050
    assert "CN¥999.50" in debtor.read()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Write how much you want to pay."),
        ("abc", "Write an amount like 250 or 250.00."),
        ("0", "The amount must be more than nothing."),
        ("-5", "The amount must be more than nothing."),
        ("1.234", "Write an amount like 250 or 250.00."),
        ("1250.01", "that is the most you can pay."),
    ],
)
def test_a_wrong_amount_is_explained_at_the_field_and_in_the_summary(wallet, debtor, typed, words):
    refused = debtor.press_pay(choice="other", other=typed)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert page.count(words) == 2 and "<title>Error:" in page
    assert not Payment.objects.exists()


@pytest.mark.parametrize("typed", ["1,250.00", "¥1250", "１２５０", "1250.0", "1250,00"])
def test_amounts_are_read_as_people_type_them(wallet, debtor, typed):
    assert debtor.press_pay(choice="other", other=typed).status_code == 303
    assert Payment.objects.get().amount_minor == 125_000


def test_the_same_form_twice_is_one_payment(wallet, debtor):
    key = debtor.form_key()
    first, second = debtor.press_pay(key=key), debtor.press_pay(key=key)
    assert first["Location"] == second["Location"]
    assert Attempt.objects.count() == 1


def test_two_tabs_share_one_payment(wallet, debtor):
    here, there = debtor.form_key(), debtor.form_key()
    assert here != there
    first, second = debtor.press_pay(key=here), debtor.press_pay(key=there)
    assert first["Location"] == second["Location"]
    assert Payment.objects.count() == 1


def test_the_form_sent_again_after_paying_shows_the_receipt(wallet, debtor):
    key = debtor.form_key()
    pay_in_wallet(wallet, debtor.press_pay(key=key)["Location"])
    again = debtor.press_pay(key=key)
    assert again.status_code == 303
    assert "has arrived" in debtor.read("pay_return", key)
    assert debtor.press_pay(key=key)["Location"] == debtor.url("pay_return", key)
    assert JournalEntry.objects.filter(kind="payment").count() == 1


def test_another_amount_ends_the_first_payment_before_it_starts_its_own(wallet, debtor):
    first = debtor.press_pay(choice="other", other="100")
    wallet.open(first["Location"])
    second = debtor.press_pay(choice="other", other="200")
    assert second.status_code == 303 and second["Location"] != first["Location"]
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["cancelled", "open"]
    assert "You started a payment" in debtor.read()
    back = pay_in_wallet(wallet, second["Location"])
    assert "has arrived" in debtor.client.get(path_of(back)).content.decode()
    assert "CN¥1,050.00" in debtor.read()


def test_coming_back_without_paying_says_that_no_money_moved_and_looks_again(wallet, debtor):
    key = debtor.form_key()
    started = debtor.press_pay(key=key)
    wallet.press(f"{wallet.open(started['Location'])}/cancel")
    shown = debtor.open("pay_return", key)
    assert "Not paid yet" in shown.content.decode()
    page = shown.content.decode()
    assert 'http-equiv="refresh" content="4; url=' in page and 'hx-trigger="every 4s"' in page


def test_ending_a_payment_asks_the_wallet_first_and_says_so(wallet, debtor):
    key = debtor.form_key()
    started = debtor.press_pay(key=key)
    wallet.open(started["Location"])
    ended = debtor.send("pay_cancel", key)
    assert ended.status_code == 303
    assert "No money moved" in debtor.read("pay_return", key)
    assert Payment.objects.get().state == "cancelled"


def test_ending_a_payment_that_was_made_meanwhile_keeps_the_money(wallet, debtor):
    key = debtor.form_key()
    pay_in_wallet(wallet, debtor.press_pay(key=key)["Location"])
    debtor.send("pay_cancel", key)
    assert Payment.objects.get().state == "succeeded"
    assert "has arrived" in debtor.read("pay_return", key)


def test_getting_a_page_never_starts_a_payment(wallet, debtor):
    for name in ("pay", "pay_start"):
        debtor.open(name)
    assert not Payment.objects.exists()
    assert debtor.open("pay_start").status_code == 303


def test_opening_the_link_is_recorded_once(wallet, debtor):
    debtor.open()
    debtor.open()
    assert Event.objects.filter(kind="link.opened", account=debtor.account).count() == 1
    debtor.link.refresh_from_db()
    assert debtor.link.opened_count == 2


def test_a_link_may_ask_for_a_certain_amount(wallet, debtor):
    debtor.link.amount_minor = 30_000
    debtor.link.save()
    page = debtor.read()
    assert 'value="300.00"' in page and 'id="id_choice_other" checked' in page


def test_a_payment_of_another_link_is_not_shown(wallet, debtor):
    from payments.services import create_link

    key = debtor.form_key()
    debtor.press_pay(key=key)
    _link, url = create_link(debtor.account)
    other = url.rstrip("/").rpartition("/")[2]
    assert debtor.client.get(f"/p/{other}/payment/{key}/").status_code == 303
