"""Paying once more with a saved wallet: one tap, one debit, and only for who answered the light question."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Event, Hold
from common import clock
from common.models import ClockShift
from payments.models import Attempt, Payment
from payments.services import close_expired_attempts, create_link, look_up_due_attempts
from payments.services.waiting import NEVER_HEARD_OF
from tests import factories
from tests.pages_debtor.helpers import Debtor
from tests.pages_debtor.saved_helpers import CHARGING, SAVED_BUTTON, Cardholder, cardholder
from wallets.models import PaymentMethod, Provider
from wallets.services import remove_method

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["stripe", "paypal"])
def holder(request, running_wallet, settings, db) -> Cardholder:
    return cardholder(running_wallet, settings, request.param)


@pytest.fixture
def stripe(running_wallet, settings, db) -> Cardholder:
    return cardholder(running_wallet, settings, "stripe")


def move_clock(holder: Cardholder, **step: float) -> None:
    ahead = ClockShift.advance(timedelta(**step), sandbox=True)
    holder.control.post("clock", offset_seconds=int(ahead.total_seconds()))
    clock.forget()


def newest() -> Attempt:
    return Attempt.objects.select_related("payment").latest("pk")


def test_one_tap_pays_the_amount_chosen_once_and_shows_the_receipt(holder):
    method, before = holder.save(), holder.taken()
    owed, key = holder.debtor.account.balance_minor - 100_00, holder.debtor.form_key()
    done = holder.tap(method, key=key)
    assert (done.status_code, done["Location"]) == (303, holder.debtor.url("pay_return", key))
    assert "has arrived" in holder.says(key) and holder.taken() == before + 1
    attempt = newest()
    assert (attempt.method, attempt.amount_minor, attempt.state) == (method, owed, "succeeded")
    holder.debtor.account.refresh_from_db()
    assert holder.debtor.account.balance_minor == 0


def test_a_part_can_be_paid_with_one_tap_too(holder):
    method = holder.save()
    holder.tap(method, choice="other", other="12.34")
    assert newest().amount_minor == 1234 and newest().state == "succeeded"


def test_the_page_offers_the_card_by_its_last_digits_with_the_amount(stripe):
    method = stripe.save()
    page = stripe.debtor.read()
    assert SAVED_BUTTON.findall(page) == [str(method.pk)]
    assert method.hint == "Visa •••• 4242" and "with Visa •••• 4242" in page
    assert method.token not in page and page.index('name="method"') < page.index("Pay on the page of")


def test_enter_in_the_amount_opens_a_wallets_page_and_charges_nothing(stripe):
    """A browser that submits by Enter presses the first button of the form."""
    stripe.save()
    form = stripe.debtor.read().split('class="pay-form"')[1]
    first_button = form.index("<button")
    assert form[first_button:].split(">")[0].endswith('name="provider" value="stripe"')


def test_a_forwarded_link_alone_neither_shows_nor_charges_the_card(stripe):
    method, before = stripe.save(), stripe.taken()
    stranger = Client()
    page = stranger.get(stripe.debtor.url("pay")).content.decode()
    assert "4242" not in page and not SAVED_BUTTON.search(page) and "Answer one question" in page
    refused = stripe.tap(method, client=stranger)
    assert refused.status_code == 303 and refused["Location"].startswith(stripe.debtor.url("debtor_identity"))
    assert stripe.taken() == before and Payment.objects.count() == 1


def test_the_answer_runs_out_and_with_it_the_tap(stripe):
    method, before = stripe.save(), stripe.taken()
    key = stripe.debtor.form_key()
    move_clock(stripe, minutes=16)
    assert stripe.tap(method, key=key)["Location"].startswith(stripe.debtor.url("debtor_identity"))
    assert stripe.taken() == before


def test_without_anything_to_ask_about_nobody_is_charged_by_a_tap(stripe):
    method, before = stripe.save(), stripe.taken()
    person = stripe.debtor.account.debtor
    person.birth_year = ""
    person.save()
    fresh = Client()
    page = fresh.get(stripe.debtor.url("pay")).content.decode()
    assert not SAVED_BUTTON.search(page) and "Pay with" in page
    assert stripe.tap(method, client=fresh).status_code == 303
    assert stripe.taken() == before


def test_a_double_tap_and_the_back_button_charge_once(holder):
    method, before = holder.save(), holder.taken()
    key = holder.debtor.form_key()
    answers = [holder.tap(method, key=key, choice="other", other="30.00") for _ in range(3)]
    assert {answer["Location"] for answer in answers} == {holder.debtor.url("pay_return", key)}
    assert holder.taken() == before + 1 and Payment.objects.filter(request_key=key).count() == 1


def test_two_fingers_at_once_charge_once(holder):
    """Two real threads with the same form, and two with a form each: one debit of the account at any time."""
    method, before = holder.save(), holder.taken()
    cookies, key = holder.debtor.client.cookies, holder.debtor.form_key()

    def press(form: str):
        client = Client()
        client.cookies = cookies
        try:
            return holder.tap(method, key=form, client=client, choice="other", other="30.00").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(press, [key, key])) == {303}
    assert holder.taken() == before + 1
    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(press, ["a" * 32, "b" * 32]))
    paid = Attempt.objects.filter(method=method, state="succeeded").count()
    assert holder.taken() == before + paid and codes[0] == 303
    assert Payment.objects.filter(state="open").count() == 0


def test_a_decline_is_told_in_plain_words_with_the_other_ways(stripe):
    method, before = stripe.save(), stripe.taken()
    stripe.control.fault("decline", code="insufficient_funds", method=CHARGING["stripe"])
    key = stripe.debtor.form_key()
    stripe.tap(method, key=key)
    page = stripe.says(key)
    assert "There was not enough money in the wallet." in page and "wallet's own page instead" in page
    assert "No money moved" in page and stripe.taken() == before
    assert stripe.tap(method).status_code == 303 and stripe.taken() == before + 1


def test_a_bank_that_asks_gets_its_answer_in_the_same_payment(stripe):
    method, before = stripe.save(), stripe.taken()
    stripe.control.user("start_asking", id=method.token)
    key = stripe.debtor.form_key()
    asked = stripe.tap(method, key=key)
    assert "/stripe/confirm/" in asked["Location"] and stripe.taken() == before
    assert newest().state == "requires_action"
    assert "not paid yet" in stripe.debtor.read() and asked["Location"] in stripe.debtor.read()
    again = stripe.tap(method, key=key)
    assert again["Location"] == asked["Location"]
    back = stripe.control.press(f"{asked['Location']}/approve")
    assert back.startswith(f"http://testserver{stripe.debtor.url('pay_return', key)}")
    assert "has arrived" in stripe.says(key) and stripe.taken() == before + 1
    assert Attempt.objects.filter(payment__request_key=key).count() == 1


def test_a_bank_that_was_told_no_is_a_decline(stripe):
    method, before = stripe.save(), stripe.taken()
    stripe.control.user("start_asking", id=method.token)
    key = stripe.debtor.form_key()
    stripe.control.press(f"{stripe.tap(method, key=key)['Location']}/refuse")
    assert "Your bank wants you to confirm it yourself" in stripe.says(key) and stripe.taken() == before


def test_an_unanswered_bank_question_is_taken_back_before_anything_else_is_paid(stripe):
    method, before = stripe.save(), stripe.taken()
    stripe.control.user("start_asking", id=method.token)
    asked = stripe.tap(method)["Location"]
    other = stripe.debtor.press_pay(provider="stripe")
    assert "/checkout/" in other["Location"]
    assert Attempt.objects.filter(method=method).latest("pk").state == "closed"
    stripe.control.press(f"{asked}/approve")
    assert stripe.taken() == before


def test_a_bank_question_nobody_answers_ends_with_its_time(stripe):
    method, before = stripe.save(), stripe.taken()
    stripe.control.user("start_asking", id=method.token)
    asked = stripe.tap(method)["Location"]
    move_clock(stripe, minutes=20)
    close_expired_attempts()
    assert newest().state == "closed"
    stripe.control.press(f"{asked}/approve")
    assert stripe.taken() == before


def test_a_lost_answer_waits_asks_and_never_tries_twice(holder):
    method, before = holder.save(), holder.taken()
    holder.control.fault("timeout_after_commit", method=CHARGING[holder.key])
    if holder.key == "paypal":
        holder.control.post("paypal/settings", prompt_listing=True)
    key = holder.debtor.form_key()
    holder.tap(method, key=key, choice="other", other="30.00")
    assert holder.taken() == before + 1 and newest().state in ("unknown", "succeeded")
    second = holder.tap(method, choice="other", other="30.00")
    third = holder.debtor.press_pay(provider=holder.key, choice="other", other="30.00")
    assert holder.taken() == before + 1
    assert {second.status_code, third.status_code} <= {303, 409}
    move_clock(holder, minutes=3)
    look_up_due_attempts()
    assert "has arrived" in holder.says(key) and holder.taken() == before + 1
    assert Payment.objects.get(request_key=key).state == "succeeded"


def test_an_unknown_outcome_shows_the_waiting_page_and_the_account_says_so(stripe):
    method, before = stripe.save(), stripe.taken()
    stripe.control.fault("timeout_before_commit", method=CHARGING["stripe"])
    key = stripe.debtor.form_key()
    assert stripe.tap(method, key=key)["Location"] == stripe.debtor.url("pay_return", key)
    assert newest().state == "unknown" and stripe.taken() == before
    assert "one payment is never taken twice" in stripe.says(key)
    page = stripe.debtor.read()
    assert "A payment is on its way" in page and stripe.debtor.url("pay_return", key) in page
    refused = stripe.debtor.press_pay(provider="stripe")
    assert refused.status_code == 409 and "Wait until the wallet has told us" in refused.content.decode()
    assert Payment.objects.filter(state="open").count() == 1


def test_a_charge_nobody_ever_heard_of_goes_to_a_person_after_a_day_not_a_fortnight(stripe):
    method = stripe.save()
    stripe.control.fault("timeout_before_commit", method=CHARGING["stripe"])
    stripe.tap(method)
    for _round in range(10):
        move_clock(stripe, hours=NEVER_HEARD_OF.total_seconds() / 3600 / 6)
        look_up_due_attempts()
    assert newest().needs_person and newest().reason == "never_answered" and newest().payment.state == "open"


def test_a_worker_that_dies_before_it_sends_leaves_a_claim_that_is_looked_up_not_sent_again(stripe, monkeypatch):
    method, before = stripe.save(), stripe.taken()
    monkeypatch.setattr("payments.services.starting.call", lambda *_args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        stripe.tap(method)
    monkeypatch.undo()
    assert newest().state == "sending"
    assert stripe.tap(method).status_code == 409
    move_clock(stripe, minutes=3)
    look_up_due_attempts()
    assert newest().state == "unknown" and stripe.taken() == before


def test_a_wallet_that_cannot_be_reached_took_nothing_and_the_next_is_offered(stripe):
    method, before = stripe.save(), stripe.taken()
    stripe.control.fault("timeout_before_commit", method="payment_methods")
    answer = stripe.tap(method)
    assert answer.status_code == 503 and "No money has moved" in answer.content.decode()
    assert newest().state == "closed" and stripe.taken() == before
    assert stripe.tap(method).status_code == 303 and stripe.taken() == before + 1


def test_a_card_removed_at_the_wallet_is_forgotten_and_the_payer_told(holder):
    method, before = holder.save(), holder.taken()
    holder.control.user(*({"stripe": ("remove",), "paypal": ("unsign",)}[holder.key]), **_named(holder, method))
    key = holder.debtor.form_key()
    holder.tap(method, key=key)
    assert "does not know it as saved any more" in holder.says(key)
    assert holder.taken() == before and PaymentMethod.objects.get().removed_at
    assert not SAVED_BUTTON.search(holder.debtor.read())


def _named(holder: Cardholder, method: PaymentMethod) -> dict[str, str]:
    return {"id": method.token} if holder.key == "stripe" else {"token_id": method.token}


def test_a_wallet_that_was_removed_on_another_screen_is_not_charged(stripe):
    method, before = stripe.save(), stripe.taken()
    key = stripe.debtor.form_key()
    remove_method(method)
    refused = stripe.tap(method, key=key)
    assert refused.status_code == 409 and "not linked any more" in refused.content.decode()
    assert stripe.taken() == before and Payment.objects.count() == 1


def test_somebody_elses_saved_wallet_is_not_there(stripe):
    method, before = stripe.save(), stripe.taken()
    person = factories.debtor(birth_year="1985")
    other = factories.account(person=person, placement=factories.portfolio(person.creditor), currency="USD")
    link, url = create_link(other)
    stranger = Debtor(other, link, url.rstrip("/").rpartition("/")[2], Client())
    stranger.identify()
    fields = {"choice": "full", "method": str(method.pk), "request_key": "c" * 32}
    assert stranger.send("pay_saved", **fields).status_code == 409
    assert stripe.taken() == before


def test_too_many_taps_wait_and_the_wallets_page_stays_open(stripe):
    method = stripe.save(amount="1.00")
    for _time in range(5):
        assert stripe.tap(method, choice="other", other="1.00").status_code == 303
    before = stripe.taken()
    refused = stripe.tap(method, choice="other", other="1.00")
    assert refused.status_code == 429 and "used too often" in refused.content.decode()
    assert stripe.taken() == before
    assert stripe.debtor.press_pay(provider="stripe").status_code == 303
    move_clock(stripe, minutes=61)
    stripe.debtor.identify()
    assert stripe.tap(method, choice="other", other="1.00").status_code == 303


def test_a_wallet_switched_off_meanwhile_charges_nothing(stripe):
    method, before = stripe.save(), stripe.taken()
    key = stripe.debtor.form_key()
    Provider.objects.update(status="switched_off")
    assert stripe.tap(method, key=key).status_code == 422
    assert stripe.taken() == before and Payment.objects.count() == 1


def test_an_account_on_hold_charges_nothing(stripe):
    method, before = stripe.save(), stripe.taken()
    key = stripe.debtor.form_key()
    Hold.objects.create(debtor=stripe.debtor.account.debtor, kind="dispute", blocks=["debit"], reason="x")
    assert stripe.tap(method, key=key).status_code == 422
    assert stripe.taken() == before


def test_the_record_says_that_a_saved_wallet_was_charged_and_never_how(stripe):
    method = stripe.save()
    stripe.tap(method)
    told = Event.objects.filter(kind="payment.started").latest("pk").data
    assert told["saved"] is True and method.token not in str(told)
