"""PayPal through the whole platform: the payer approves, and whoever hears of it first captures, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.test import Client

from common import clock
from common.clock import now, today
from common.models import ClockShift
from common.money import Money
from payments.debits import debit_due_instalments
from payments.models import Attempt, ProviderEvent
from payments.plans import create_plan
from payments.services import (
    apply_waiting_events,
    close_expired_attempts,
    create_link,
    refresh_payment,
    start_link_payment,
)
from tests import factories
from tests.payments.helpers import EVIDENCE, TERMS, balance, books_are_right, entries, tell_the_people
from tests.wallets.receiver import Receiver, webhook_receiver
from wallets.models import Provider
from wallets.sandbox.testing import ControlClient, running_sandbox
from wallets.services import propose_mandate, refresh_mandate, start_mandate


@dataclass
class Phone:
    control: ControlClient
    receiver: Receiver
    client: Client

    def approve(self, url: str) -> None:
        self.control.open(url)
        self.control.press(f"/paypal/checkoutnow/{url.rpartition('=')[2]}/pay")

    def sign(self, url: str) -> None:
        self.control.open(url)
        self.control.press(f"/paypal/agreements/{url.rpartition('=')[2]}/sign")

    def deliver(self, kind: str) -> None:
        """The newest webhook of that kind arrives at our address and is applied."""
        self.receiver.wait_until(lambda: self._said(kind), kind)
        call = self._said(kind)[-1]
        headers = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in call.headers.items()}
        answer = self.client.generic(
            "POST", "/webhooks/wallets/paypal/", call.body, content_type="application/json", **headers
        )
        assert answer.status_code == 200
        apply_waiting_events()

    def _said(self, kind: str) -> list:
        return [call for call in list(self.receiver.calls) if f'"{kind}"'.encode() in call.body]

    def debits(self) -> int:
        return self.control.debits()

    def start_the_day(self) -> None:
        """Half past midnight in Shanghai, where the debtor lives: debits have their hours."""
        there = now().astimezone(ZoneInfo("Asia/Shanghai"))
        morning = datetime.combine(there.date() + timedelta(days=1), time(0, 30), there.tzinfo)
        self.move_clock(seconds=(morning - there).total_seconds())

    def move_clock(self, **step: float) -> None:
        ahead = ClockShift.advance(timedelta(**step), sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()


@pytest.fixture(scope="module")
def running_paypal(secrets_folder):
    with running_sandbox(django_settings.SECRETS_DIR, only=("paypal",)) as running:
        yield running


@pytest.fixture
def phone(running_paypal, settings, db):
    running_paypal.control.post("reset")
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_paypal.base_url
    with webhook_receiver() as receiver:
        control = running_paypal.control.of("paypal")
        control.user("register", url=receiver.url)
        Provider.objects.create(
            key="paypal", name="PayPal", status="vetted", currencies=["USD"], review_due=today() + timedelta(days=90)
        )
        made = Phone(control, receiver, Client())
        made.start_the_day()
        yield made


@pytest.fixture
def dollars(db):
    return factories.account(currency="USD")


def started(account, *, key: str = "form"):
    link, _url = create_link(account)
    return start_link_payment(
        link,
        amount_minor=account.balance_minor,
        provider_key="paypal",
        return_url="http://127.0.0.1/back",
        idempotency=key,
    )


def is_settled(account) -> bool:
    return balance(account) == 0 and entries(account) == 1 and books_are_right()


def test_a_payer_who_comes_back_to_our_page_has_paid(dollars, phone):
    payment = started(dollars)
    phone.approve(payment.action.url)
    assert phone.debits() == 0
    assert refresh_payment(payment.payment).state == "succeeded"
    assert is_settled(dollars) and phone.debits() == 1


def test_a_payer_who_closes_the_page_has_paid_when_the_webhook_comes(dollars, phone):
    payment = started(dollars)
    phone.approve(payment.action.url)
    phone.deliver("CHECKOUT.ORDER.APPROVED")
    payment.payment.refresh_from_db()
    assert payment.payment.state == "succeeded"
    assert is_settled(dollars) and phone.debits() == 1


def test_page_and_webhooks_together_post_once(dollars, phone):
    payment = started(dollars)
    phone.approve(payment.action.url)
    refresh_payment(payment.payment)
    phone.deliver("CHECKOUT.ORDER.APPROVED")
    phone.deliver("PAYMENT.CAPTURE.COMPLETED")
    phone.deliver("PAYMENT.CAPTURE.COMPLETED")
    assert is_settled(dollars) and phone.debits() == 1
    assert ProviderEvent.objects.filter(kind="payment").count() == 2


def test_an_approval_after_the_page_ended_takes_no_money(dollars, phone):
    payment = started(dollars)
    phone.move_clock(minutes=20)
    close_expired_attempts()
    payment.payment.refresh_from_db()
    assert payment.payment.state == "cancelled"
    phone.approve(payment.action.url)
    phone.deliver("CHECKOUT.ORDER.APPROVED")
    assert phone.debits() == 0 and balance(dollars) > 0


def test_another_payment_closes_the_first_which_then_takes_no_money(dollars, phone):
    first = started(dollars, key="one")
    second_link, _url = create_link(dollars)
    second = start_link_payment(
        second_link, amount_minor=1000, provider_key="paypal", return_url="http://127.0.0.1/back", idempotency="two"
    )
    phone.approve(first.action.url)
    phone.deliver("CHECKOUT.ORDER.APPROVED")
    assert phone.debits() == 0
    phone.approve(second.action.url)
    assert refresh_payment(second.payment).state == "succeeded"
    assert phone.debits() == 1


def signed_plan(account, phone, *, later=0):
    """Everything in one debit; `later` minor units of it a month after that."""
    mandate = propose_mandate(
        account,
        "paypal",
        cap=Money(account.balance_minor, "USD"),
        first_debit_on=today(account.debtor.time_zone) + timedelta(days=3),
        period=30,
        evidence=EVIDENCE,
        terms=TERMS,
    )
    phone.sign(start_mandate(mandate, return_url="http://127.0.0.1/back").url)
    mandate.refresh_from_db()
    refresh_mandate(mandate)
    assert (mandate.state, mandate.provider_reference.startswith("setup:")) == ("active", False)
    first = mandate.first_debit_on
    parts = [(first, account.balance_minor - later), (first + timedelta(days=30), later)]
    create_plan(account, parts=[part for part in parts if part[1]], mandate=mandate)
    return mandate


def reach_the_debit(phone):
    phone.move_clock(hours=12)
    assert tell_the_people() == 1
    phone.move_clock(days=3)


def test_a_signed_wallet_is_debited_once_when_it_is_due(dollars, phone):
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    assert debit_due_instalments().settled == 1
    assert is_settled(dollars) and phone.debits() == 1
    assert debit_due_instalments().sent == 0 and phone.debits() == 1


def test_a_wallet_removed_at_paypal_is_never_debited(dollars, phone):
    mandate = signed_plan(dollars, phone)
    phone.control.user("unsign", token_id=mandate.provider_reference)
    phone.deliver("VAULT.PAYMENT-TOKEN.DELETED")
    mandate.refresh_from_db()
    assert mandate.state == "revoked"
    reach = debit_due_instalments()
    assert (reach.sent, phone.debits()) == (0, 0)


def test_an_agreement_opened_again_hours_later_is_the_one_that_counts(dollars, phone):
    mandate = propose_mandate(
        dollars,
        "paypal",
        cap=Money(1000, "USD"),
        first_debit_on=today(dollars.debtor.time_zone) + timedelta(days=3),
        period=30,
        evidence=EVIDENCE,
        terms=TERMS,
    )
    start_mandate(mandate, return_url="http://127.0.0.1/back")
    phone.move_clock(hours=4)
    mandate.refresh_from_db()
    phone.sign(start_mandate(mandate, return_url="http://127.0.0.1/back").url)
    mandate.refresh_from_db()
    refresh_mandate(mandate)
    assert mandate.state == "active"


def test_a_debit_whose_answer_was_lost_is_posted_when_the_webhook_names_its_order(dollars, phone):
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    phone.control.fault("timeout_after_commit", method="orders.create")
    debit_due_instalments()
    assert Attempt.objects.get().state == "unknown" and balance(dollars) > 0
    phone.deliver("PAYMENT.CAPTURE.COMPLETED")
    assert Attempt.objects.get().state == "succeeded"
    assert is_settled(dollars) and phone.debits() == 1
