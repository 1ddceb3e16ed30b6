"""Money that the wallet takes back after it had arrived: posted back once, and never asked for by a machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.models import Event
from common.clock import now
from payments.debits import debit_due_instalments
from payments.models import Attempt, JournalEntry, Payment, ProviderEvent
from payments.services import apply_provider_event, apply_result, refresh_payment
from tests.payments.helpers import balance, books_are_right, kinds
from tests.payments.test_paypal_payments import dollars, phone, reach_the_debit, running_paypal, signed_plan, started
from wallets.providers.base import PaymentResult, PaymentState

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["dollars", "phone", "running_paypal"]

REVERSED = "PAYMENT.CAPTURE.REVERSED"


@pytest.fixture
def paid(dollars, phone) -> Attempt:
    payment = started(dollars)
    phone.approve(payment.action.url)
    assert refresh_payment(payment.payment).state == "succeeded"
    return Attempt.objects.select_related("payment").get()


def take_back(phone, attempt: Attempt) -> None:
    phone.control.user("reverse", invoice_id=attempt.merchant_reference)
    phone.deliver(REVERSED)
    attempt.refresh_from_db()


def says(attempt: Attempt, state: PaymentState) -> PaymentResult:
    return PaymentResult(
        state=state,
        merchant_ref=attempt.merchant_reference,
        provider_ref=attempt.provider_reference,
        amount=attempt.amount,
        paid_at=now(),
    )


def reversals(account) -> int:
    return JournalEntry.objects.filter(kind="payment_reversal", postings__account=account).distinct().count()


def asked_for_a_person(reason: str) -> int:
    return Event.objects.filter(kind="payment.needs_person", data__reason=reason).count()


def test_what_the_wallet_takes_back_is_owed_again_and_a_person_is_told(dollars, phone, paid):
    owed = paid.amount_minor
    assert balance(dollars) == 0 and dollars.status == "paid"
    take_back(phone, paid)
    assert balance(dollars) == owed and dollars.status == "open"
    assert (paid.state, Payment.objects.get().state) == ("reversed", "reversed")
    assert (paid.needs_person, paid.reason, asked_for_a_person("taken_back")) == (True, "taken_back", 1)
    assert kinds(dollars).count("payment.reversed") == 1
    assert reversals(dollars) == 1 and books_are_right()


def test_a_reversal_that_is_told_again_changes_nothing(dollars, phone, paid):
    take_back(phone, paid)
    for _again in range(2):
        assert apply_result(paid.pk, says(paid, PaymentState.REVERSED), source="poll").outcome == "ignored"
    assert reversals(dollars) == 1 and kinds(dollars).count("payment.reversed") == 1
    assert asked_for_a_person("taken_back") == 1 and books_are_right()


def test_a_dispute_that_is_won_goes_to_a_person_and_posts_nothing(dollars, phone, paid):
    take_back(phone, paid)
    owed = balance(dollars)
    assert apply_result(paid.pk, says(paid, PaymentState.SUCCEEDED), source="notice").reason == "given_back"
    paid.refresh_from_db()
    assert (paid.state, paid.reason, balance(dollars)) == ("reversed", "given_back", owed)
    assert JournalEntry.objects.filter(kind="payment").count() == 1


def test_a_reversal_of_money_that_never_came_posts_nothing(dollars, phone):
    payment = started(dollars)
    attempt = Attempt.objects.get()
    apply_result(attempt.pk, says(attempt, PaymentState.REVERSED), source="notice")
    attempt.refresh_from_db()
    assert (attempt.state, Payment.objects.get(pk=payment.payment.pk).state) == ("unknown", "open")
    assert reversals(dollars) == 0 and books_are_right()


def test_a_debit_taken_back_leaves_its_instalment_missed_and_the_agreement_at_rest(dollars, phone):
    mandate = signed_plan(dollars, phone, later=100)
    reach_the_debit(phone)
    assert debit_due_instalments().settled == 1
    attempt = Attempt.objects.select_related("payment__instalment__plan").get()
    take_back(phone, attempt)
    row = attempt.payment.instalment
    row.refresh_from_db()
    mandate.refresh_from_db()
    assert (row.state, row.paid_minor, row.last_reason) == ("missed", 0, "taken_back")
    assert (mandate.state, mandate.paused_by) == ("paused", "staff")
    assert debit_due_instalments().sent == 0 and phone.debits() == 1
    assert books_are_right()


def test_a_notice_without_our_number_is_matched_by_the_wallets(dollars, phone, paid):
    phone.control.user("reverse", invoice_id=paid.merchant_reference)
    event = ProviderEvent.objects.create(
        provider=paid.provider,
        dedupe_key="dispute-1",
        kind="payment",
        facts={"said": {"state": "reversed", "provider_ref": paid.provider_reference}},
    )
    assert apply_provider_event(event.pk) == "applied"
    paid.refresh_from_db()
    assert paid.state == "reversed" and reversals(dollars) == 1


def refund_notice(attempt: Attempt, *, reference: str, state: str = "succeeded") -> ProviderEvent:
    said = {"state": state, "refund_ref": "R1", "amount_minor": 100, "currency": attempt.currency}
    return ProviderEvent.objects.create(
        provider=attempt.provider,
        dedupe_key=f"refund-{reference}-{state}",
        kind="refund",
        merchant_reference=reference,
        facts={"said": said},
    )


def test_a_refund_nobody_here_sent_goes_to_a_person_and_posts_nothing(dollars, phone, paid):
    assert apply_provider_event(refund_notice(paid, reference=paid.merchant_reference).pk) == "needs_person"
    paid.refresh_from_db()
    assert (paid.state, paid.needs_person, paid.reason) == ("succeeded", True, "refunded")
    assert balance(dollars) == 0 and asked_for_a_person("refunded") == 1


def test_a_refund_of_a_payment_that_is_not_ours_goes_to_a_person(phone, paid):
    assert apply_provider_event(refund_notice(paid, reference="somebody-else").pk) == "needs_person"
    assert asked_for_a_person("no such attempt") == 1


def test_a_refund_that_failed_is_kept_and_worries_nobody(phone, paid):
    event = refund_notice(paid, reference=paid.merchant_reference, state="failed")
    assert apply_provider_event(event.pk) == "ignored"
    paid.refresh_from_db()
    assert not paid.needs_person


def test_a_reversal_of_another_reference_is_left_to_a_person(dollars, phone, paid):
    said = replace(says(paid, PaymentState.REVERSED), merchant_ref="other")
    assert apply_result(paid.pk, said, source="notice").reason == "amount_mismatch"
    assert reversals(dollars) == 0 and balance(dollars) == 0
