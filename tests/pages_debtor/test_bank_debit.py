"""A SEPA direct debit on the debtor's pages: accepted at once, paid days later or not, given back for weeks."""

from __future__ import annotations

import pytest
from django.test import Client

from payments.models import Attempt, Payment
from payments.services import create_link, look_up_due_attempts
from payments.services.lookups import look_up_verified
from tests import factories
from tests.pages_debtor.helpers import Debtor
from wallets.models import Provider

pytestmark = pytest.mark.django_db(transaction=True)
NAMED = "SEPA direct debit ending 3000"


@pytest.fixture
def stripe(wallet):
    Provider.objects.all().delete()
    Provider.objects.create(key="stripe", name="Stripe", status="vetted", currencies=["EUR"])
    return wallet.of("stripe")


@pytest.fixture
def debtor(stripe) -> Debtor:
    person = factories.debtor(birth_year="1985", country="DE")
    account = factories.account(person=person, placement=factories.portfolio(person.creditor), currency="EUR")
    link, url = create_link(account)
    return Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client())


@pytest.fixture
def ordered(stripe, debtor) -> Attempt:
    """Given on Stripe's page; our page was looked at since."""
    url = debtor.press_pay(provider="stripe")["Location"]
    stripe.press(f"{stripe.open(url)}/pay", choice="sepa_debit")
    page = page_of(debtor)
    assert "Your bank is working on it" in page and "up to 14 working days" in page and NAMED in page
    return Attempt.objects.get()


def page_of(debtor: Debtor) -> str:
    Attempt.objects.update(looked_up_at=None)
    return debtor.read("pay_return", Payment.objects.get().request_key)


def test_accepted_is_not_paid(ordered, stripe, debtor):
    assert (ordered.state, ordered.paid_with) == ("pending", "sepa_debit///3000") and stripe.debits() == 0
    debtor.account.refresh_from_db()
    assert debtor.account.balance_minor == 125_000 and "arrived" not in debtor.read()


def test_the_first_page_does_not_say_that_it_waits_in_the_wallet(ordered, debtor):
    page = debtor.read()
    assert "A payment is on its way" in page and "Your bank is working on" in page
    assert "is waiting in your wallet" not in page and "we end this one first" not in page
    assert debtor.url("pay_return", Payment.objects.get().request_key) in page


def test_another_payment_does_not_start_beside_it(ordered, stripe, debtor):
    assert 'name="provider"' not in debtor.read(), "a button that would be refused"
    answer = debtor.press_pay(key="0" * 32, provider="stripe", choice="other", other="12.00")
    assert answer.status_code == 409 and Payment.objects.count() == 1
    assert Attempt.objects.get().state == "pending"


def test_paid_when_the_bank_has_paid_and_named_on_the_receipt(ordered, stripe, debtor):
    stripe.user("settle", attempt_id=ordered.merchant_reference)
    assert "has arrived" in page_of(debtor) and NAMED in page_of(debtor)
    debtor.identify()
    assert NAMED in debtor.read("debtor_receipt", Payment.objects.get().reference)
    assert NAMED in debtor.read("debtor_documents")
    assert stripe.debits() == 1 and Payment.objects.get().state == "succeeded"


def test_a_late_refusal_of_the_bank_costs_nothing_and_frees_the_account(ordered, stripe, debtor):
    stripe.user("fail", attempt_id=ordered.merchant_reference, code="account_closed")
    Attempt.objects.update(look_up_at="2020-01-01T00:00:00Z")
    assert look_up_due_attempts() == 1
    page = page_of(debtor)
    assert "No money moved" in page and "The wallet account is closed" in page
    assert Payment.objects.get().state == "failed" and stripe.debits() == 0
    assert "/stripe/checkout/" in debtor.press_pay(provider="stripe")["Location"]


def test_given_back_by_the_bank_weeks_later_it_is_owed_again(ordered, stripe, debtor):
    stripe.user("settle", attempt_id=ordered.merchant_reference)
    page_of(debtor)
    stripe.user("dispute", id=Attempt.objects.get().provider_reference)
    look_up_verified(Attempt.objects.select_related("provider", "payment").get())
    debtor.account.refresh_from_db()
    assert debtor.account.balance_minor == 125_000
    assert "This payment was taken back" in page_of(debtor)
