"""Refunds and disputes at Stripe: each moves its own amount, once out and once back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import Hold
from common import clock
from common.clock import now
from common.models import ClockShift
from common.money import Money
from payments.models import Attempt, Dispute, JournalEntry, Payment, Refund
from payments.refunds import (
    RefundRefused,
    approve_refund,
    choices_of,
    look_up_due_refunds,
    request_refund,
    send_due_refunds,
)
from payments.services import apply_waiting_events, create_link, refresh_payment, start_link_payment
from payments.services.direct import record_direct_payment
from tests import factories
from tests.payments.helpers import balance, books_are_right, kinds
from tests.wallets.receiver import Receiver, webhook_receiver
from wallets.models import Provider
from wallets.sandbox.testing import ControlClient, running_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Card:
    control: ControlClient
    receiver: Receiver
    client: Client

    def deliver(self, kind: str) -> None:
        """The newest webhook of that kind arrives at our address and is applied."""
        self.receiver.wait_until(lambda: self._said(kind), kind)
        call = self._said(kind)[-1]
        answer = self.client.generic(
            "POST",
            "/webhooks/wallets/stripe/",
            call.body,
            content_type="application/json",
            HTTP_STRIPE_SIGNATURE=call.headers["stripe-signature"],
        )
        assert answer.status_code == 200
        apply_waiting_events()

    def _said(self, kind: str) -> list:
        return [call for call in list(self.receiver.calls) if f'"{kind}"'.encode() in call.body]

    def move_clock(self, **step: float) -> None:
        ahead = ClockShift.advance(timedelta(**step), sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()

    def refunded(self) -> int:
        return sum(
            one["amount"] for one in self.control.get("stripe/refunds")["refunds"] if one["status"] == "succeeded"
        )


@pytest.fixture(scope="module")
def running_stripe(secrets_folder):
    with running_sandbox(django_settings.SECRETS_DIR, only=("stripe",)) as running:
        yield running


@pytest.fixture
def card(running_stripe, settings, db):
    running_stripe.control.post("reset")
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_stripe.base_url
    with webhook_receiver() as receiver:
        control = running_stripe.control.of("stripe")
        control.user("endpoint", url=receiver.url)
        Provider.objects.create(key="stripe", name="Stripe", status="vetted", currencies=["USD"])
        made = Card(control, receiver, Client())
        made.move_clock(minutes=1)
        yield made


@pytest.fixture
def dollars(db):
    return factories.account(currency="USD")


@pytest.fixture
def paid(dollars, card) -> Attempt:
    """Wang Fang has paid all of 1,250.00 by card."""
    link, _url = create_link(dollars)
    started = start_link_payment(
        link, amount_minor=125_000, provider_key="stripe", return_url="http://127.0.0.1/back", idempotency="form"
    )
    card.control.press(f"{card.control.open(started.action.url)}/pay", choice="visa")
    assert refresh_payment(started.payment).state == "succeeded"
    return Attempt.objects.select_related("payment").get()


def dispute(card, attempt, amount=None) -> None:
    card.control.user("dispute", id=attempt.provider_reference, **({"amount": amount} if amount else {}))
    card.deliver("charge.dispute.created")
    attempt.refresh_from_db()


def decide(card, attempt, action: str) -> None:
    (found,) = card.control.get("stripe/disputes")["disputes"]
    card.control.user(action, id=found["id"])
    card.deliver("charge.dispute.closed")
    attempt.refresh_from_db()


def entries(kind: str) -> int:
    return JournalEntry.objects.filter(kind=kind).count()


def asked(attempt, minor, by) -> Refund:
    return request_refund(
        attempt.payment,
        amount=Money(minor, "USD"),
        purpose="owed_again",
        way="wallet",
        reason="paid by mistake",
        by=by,
    )


def test_a_partial_dispute_takes_the_disputed_amount_and_no_more(dollars, card, paid):
    dispute(card, paid, 40_000)
    assert balance(dollars) == 40_000 and dollars.status == "open" and books_are_right()
    assert (paid.state, Payment.objects.get().state) == ("succeeded", "succeeded")
    assert (paid.needs_person, paid.reason) == (True, "disputed")
    assert entries("dispute") == 1 and kinds(dollars).count("payment.reversed") == 1


def test_a_dispute_leaves_the_account_in_peace_until_a_person_has_looked(dollars, card, paid):
    dispute(card, paid, 40_000)
    hold = Hold.objects.get()
    assert (hold.account, hold.kind) == (dollars, "dispute") and {"contact", "debit"} <= set(hold.blocks)


def test_a_dispute_that_is_told_again_moves_nothing_more(dollars, card, paid):
    dispute(card, paid, 40_000)
    for _again in range(2):
        card.deliver("charge.dispute.created")
    assert balance(dollars) == 40_000 and entries("dispute") == 1 and Hold.objects.count() == 1


def test_a_dispute_that_is_won_brings_its_amount_back(dollars, card, paid):
    dispute(card, paid, 40_000)
    decide(card, paid, "win")
    assert balance(dollars) == 0 and dollars.status == "paid" and books_are_right()
    assert entries("dispute_reversal") == 1 and "payment.given_back" in kinds(dollars)
    assert (paid.needs_person, paid.reason) == (True, "dispute_won")
    card.deliver("charge.dispute.created")
    assert balance(dollars) == 0 and entries("dispute") == 1, "an old notice takes nothing again"


def test_a_dispute_of_everything_that_is_won_makes_the_payment_good_again(dollars, card, paid):
    dispute(card, paid)
    assert (paid.state, Payment.objects.get().state, balance(dollars)) == ("reversed", "reversed", 125_000)
    decide(card, paid, "win")
    assert (paid.state, Payment.objects.get().state, balance(dollars)) == ("succeeded", "succeeded", 0)
    assert books_are_right() and Dispute.objects.get().returned is not None


def test_a_dispute_that_is_lost_stays_taken(dollars, card, paid):
    dispute(card, paid, 40_000)
    decide(card, paid, "lose")
    assert balance(dollars) == 40_000 and Dispute.objects.get().returned is None and books_are_right()


def test_money_won_back_after_the_debt_was_paid_again_waits_as_surplus(dollars, card, paid, agent):
    dispute(card, paid, 40_000)
    record_direct_payment(dollars, Money(40_000, "USD"), received_at=now(), external_reference="by bank")
    decide(card, paid, "win")
    assert balance(dollars) == 0 and choices_of(paid.payment).surplus.minor == 40_000 and books_are_right()


def test_a_disputed_payment_cannot_be_refunded_beside_the_dispute(dollars, card, paid, agent, lead):
    waiting = asked(paid, 100_000, agent)
    approve_refund(waiting, by=lead)
    dispute(card, paid, 40_000)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.problem) == ("rejected", "disputed")
    with pytest.raises(RefundRefused, match="disputes"):
        asked(paid, 1_000, agent)
    assert send_due_refunds() == 0 and card.refunded() == 0


def test_a_refund_on_its_way_is_posted_when_it_has_arrived(dollars, card, paid, agent, lead):
    refund = asked(paid, 30_000, agent)
    approve_refund(refund, by=lead)
    card.control.fault("accept_only", method="refunds")
    send_due_refunds()
    refund.refresh_from_db()
    assert (refund.state, balance(dollars)) == ("pending", 0)
    card.control.user("complete", id=refund.provider_reference)
    card.deliver("refund.updated")
    refund.refresh_from_db()
    assert refund.state == "succeeded" and balance(dollars) == 30_000 and entries("refund") == 1


def test_a_refund_the_payers_bank_sends_back_is_ours_again_and_a_persons(dollars, card, paid, agent, lead):
    refund = asked(paid, 30_000, agent)
    approve_refund(refund, by=lead)
    send_due_refunds()
    assert balance(dollars) == 30_000
    refund.refresh_from_db()
    card.control.user("bounce", id=refund.provider_reference)
    card.deliver("refund.failed")
    refund.refresh_from_db()
    assert (refund.state, refund.needs_person, refund.problem) == ("failed", True, "refund_returned")
    assert balance(dollars) == 0 and books_are_right() and choices_of(paid.payment).most.minor == 125_000


def test_an_answer_lost_on_the_way_is_found_by_asking(dollars, card, paid, agent, lead):
    refund = asked(paid, 30_000, agent)
    approve_refund(refund, by=lead)
    card.control.fault("timeout_after_commit", method="refunds")
    send_due_refunds()
    refund.refresh_from_db()
    assert refund.state == "unknown" and card.refunded() == 30_000
    card.move_clock(minutes=1)
    look_up_due_refunds()
    send_due_refunds()
    refund.refresh_from_db()
    assert refund.state == "succeeded" and card.refunded() == 30_000 and balance(dollars) == 30_000


def test_a_refund_made_on_stripes_own_page_is_posted_once_beside_ours(dollars, card, paid, agent, lead):
    approve_refund(asked(paid, 30_000, agent), by=lead)
    send_due_refunds()
    card.control.user("refund", id=paid.provider_reference, amount=20_000)
    card.deliver("refund.created")
    card.deliver("refund.created")
    found = Refund.objects.get(origin="provider")
    assert (found.amount_minor, found.state, found.needs_person) == (20_000, "succeeded", True)
    assert balance(dollars) == 50_000 and card.refunded() == 50_000 and books_are_right()
