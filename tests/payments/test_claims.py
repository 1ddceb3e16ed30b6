"""A payer complains at PayPal: no money moves, the account is left in peace, and a person is told, once."""

from __future__ import annotations

import pytest

from accounts.models import Event, Hold
from common.clock import now
from payments.debits import debit_due_instalments
from payments.debits.planning import plan_debits
from payments.models import Attempt, JournalEntry, ProviderEvent
from payments.services import create_link, refresh_payment, start_link_payment
from tests.payments.helpers import balance, books_are_right
from tests.payments.test_paypal_payments import dollars, phone, reach_the_debit, running_paypal, signed_plan, started

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["dollars", "phone", "running_paypal"]


@pytest.fixture
def paid(dollars, phone) -> Attempt:
    payment = started(dollars)
    phone.approve(payment.action.url)
    assert refresh_payment(payment.payment).state == "succeeded"
    return Attempt.objects.select_related("payment").get()


def says(phone, attempt: Attempt, action: str, name: str) -> ProviderEvent:
    phone.control.user(action, invoice_id=attempt.merchant_reference)
    phone.deliver(f"CUSTOMER.DISPUTE.{name}")
    attempt.refresh_from_db()
    return ProviderEvent.objects.filter(facts__type=f"CUSTOMER.DISPUTE.{name}").latest("pk")


def told(reason: str) -> int:
    return Event.objects.filter(kind="payment.needs_person", data__reason=reason).count()


def test_a_complaint_moves_no_money_holds_the_account_and_tells_a_person(dollars, phone, paid):
    notice = says(phone, paid, "dispute", "CREATED")
    assert (notice.outcome, notice.reason) == ("needs_person", "disputed")
    assert (paid.state, paid.needs_person, paid.reason, told("disputed")) == ("succeeded", True, "disputed", 1)
    hold = Hold.objects.get()
    assert (hold.account, hold.kind) == (dollars, "dispute") and {"contact", "debit"} <= set(hold.blocks)
    assert balance(dollars) == 0 and JournalEntry.objects.filter(kind="payment").count() == 1 and books_are_right()


def test_the_same_complaint_delivered_again_changes_nothing(dollars, phone, paid):
    says(phone, paid, "dispute", "CREATED")
    phone.deliver("CUSTOMER.DISPUTE.CREATED")
    assert (told("disputed"), Hold.objects.count()) == (1, 1)
    assert ProviderEvent.objects.get(facts__type="CUSTOMER.DISPUTE.CREATED").times_received == 2


def test_a_hold_that_a_person_ended_is_not_placed_again_by_the_next_word_of_the_same_complaint(dollars, phone, paid):
    says(phone, paid, "dispute", "CREATED")
    Hold.objects.update(ends_at=now())
    Attempt.objects.update(needs_person=False)
    assert says(phone, paid, "escalate", "UPDATED").outcome == "needs_person"
    assert (paid.needs_person, told("disputed"), Hold.objects.count()) == (True, 2, 1)


def test_a_complaint_whose_first_word_was_lost_is_heard_by_its_second(dollars, phone, paid):
    phone.control.user("dispute", invoice_id=paid.merchant_reference)
    says(phone, paid, "escalate", "UPDATED")
    assert (paid.reason, Hold.objects.count()) == ("disputed", 1)


def test_a_complaint_decided_for_us_goes_to_a_person_and_nothing_moves(dollars, phone, paid):
    says(phone, paid, "dispute", "CREATED")
    assert says(phone, paid, "win", "RESOLVED").reason == "dispute_over"
    assert (paid.state, paid.needs_person, paid.reason, told("dispute_over")) == ("succeeded", True, "dispute_over", 1)
    assert balance(dollars) == 0 and Hold.objects.filter(ends_at=None).count() == 1 and books_are_right()


def test_a_complaint_decided_for_the_payer_takes_the_money_back_once(dollars, phone, paid):
    owed = paid.amount_minor
    says(phone, paid, "dispute", "CREATED")
    phone.control.user("reverse", invoice_id=paid.merchant_reference)
    phone.deliver("CUSTOMER.DISPUTE.RESOLVED")
    phone.deliver("PAYMENT.CAPTURE.REVERSED")
    paid.refresh_from_db()
    assert (paid.state, balance(dollars)) == ("reversed", owed)
    assert JournalEntry.objects.filter(kind="payment_reversal").count() == 1 and books_are_right()


def test_a_queued_debit_of_the_account_is_called_off_at_once(dollars, phone):
    link, _url = create_link(dollars)
    part = start_link_payment(
        link, amount_minor=20_000, provider_key="paypal", return_url="http://127.0.0.1/back", idempotency="part"
    )
    phone.approve(part.action.url)
    assert refresh_payment(part.payment).state == "succeeded"
    dollars.refresh_from_db()
    signed_plan(dollars, phone)
    reach_the_debit(phone)
    assert plan_debits(10).created == 1
    first = Attempt.objects.get(payment=part.payment)
    queued = Attempt.objects.exclude(pk=first.pk).get()
    assert queued.state == "created"
    says(phone, first, "dispute", "CREATED")
    queued.refresh_from_db()
    assert (queued.state, queued.reason) == ("closed", "disputed")
    assert debit_due_instalments().sent == 0 and phone.debits() == 1


def test_a_complaint_that_names_no_payment_of_ours_is_a_persons_to_find(dollars, phone, paid):
    Attempt.objects.update(merchant_reference="ANOTHER")
    phone.control.user("dispute", invoice_id=paid.merchant_reference)
    phone.deliver("CUSTOMER.DISPUTE.CREATED")
    notice = ProviderEvent.objects.get(facts__type="CUSTOMER.DISPUTE.CREATED")
    assert notice.outcome == "needs_person" and notice.facts["fields"]["seller_transaction_id"]
    assert Event.objects.filter(kind="payment.needs_person", data__notice=notice.pk).count() == 1
