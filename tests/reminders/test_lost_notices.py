"""Who has to hear of something does, also when the worker died before it said so, and whatever befalls the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import Account
from common.clock import now, today
from common.heartbeat import beat
from common.models import Heartbeat
from common.money import Money
from payments.models import Attempt, Payment, Refund
from payments.refunds import approve_refund, request_refund
from payments.services import apply_result
from payments.services.refund_results import apply_refund_result
from reminders import lost_notices, receivers, tasks
from reminders.lost_notices import HEARTBEAT, plan_lost_notices
from reminders.models import Message
from reminders.services import plan_receipts
from tests import factories
from tests.payments.helpers import EVIDENCE
from tests.reminders.test_money_and_messages import paid
from wallets.models import Mandate, Provider
from wallets.providers.base import (
    Dispute,
    MandateResult,
    MandateState,
    PaymentResult,
    PaymentState,
    RefundResult,
    RefundState,
)
from wallets.services import apply_mandate_result

pytestmark = pytest.mark.django_db


def paid_before(minutes: int) -> Payment:
    payment = paid(factories.account(), 1_000)
    payment.finished_at -= timedelta(minutes=minutes)
    payment.save(update_fields=["finished_at"])
    return payment


def thanked() -> set[str]:
    return set(Message.objects.filter(purpose="receipt").values_list("occasion", flat=True))


def test_a_payment_nobody_can_write_about_keeps_neither_the_others_nor_the_heartbeat(monkeypatch):
    unreadable, *others = [paid_before(5) for _ in range(4)]

    def stumble(payments):
        if unreadable in payments:
            raise ValueError("nobody can write about this")
        plan_receipts(payments)

    monkeypatch.setattr(receivers, "plan_receipts", stumble)
    tasks.sweep()
    assert thanked() == {f"payment:{payment.pk}" for payment in others}
    assert Heartbeat.objects.filter(name=HEARTBEAT).exists()
    assert plan_lost_notices() == 0


def test_more_than_a_batch_that_nobody_can_write_about_does_not_hide_the_next(monkeypatch):
    first, second, third = [paid_before(5) for _ in range(3)]

    def stumble(payments):
        if payments[0] in (first, second):
            raise ValueError("nobody can write about this")
        plan_receipts(payments)

    monkeypatch.setattr(receivers, "plan_receipts", stumble)
    assert plan_lost_notices(batch=2) == 1
    assert thanked() == {f"payment:{third.pk}"}


def test_a_quarter_of_an_hour_is_looked_at_and_the_day_after_a_silence():
    for minutes in (1, 5, 60, 25 * 60):
        paid_before(minutes)
    beat(HEARTBEAT)
    assert plan_lost_notices() == 1
    Heartbeat.objects.update(beat_at=now() - timedelta(hours=2))
    assert (plan_lost_notices(), plan_lost_notices()) == (1, 0)


@pytest.fixture
def attempt(account) -> Attempt:
    """A payment of 500.00 that has arrived. Nothing announced after a commit is heard: these tests never commit."""
    provider = Provider.objects.create(key="stripe", name="Stripe", status="vetted")
    payment = Payment.objects.create(account=account, amount_minor=50_000, currency="CNY", source="link")
    row = Attempt.objects.create(
        payment=payment,
        provider=provider,
        merchant_reference="A1",
        state="pending",
        amount_minor=50_000,
        currency="CNY",
    )
    say(row)
    return row


def say(attempt: Attempt, state: PaymentState = PaymentState.SUCCEEDED, **more) -> None:
    attempt.refresh_from_db()
    apply_result(
        attempt.pk, PaymentResult(state=state, merchant_ref="A1", amount=attempt.amount, **more), source="poll"
    )


def told(purpose: str) -> list[dict]:
    return list(Message.objects.filter(purpose=purpose).order_by("pk").values_list("facts", flat=True))


def later(monkeypatch, **step: float) -> None:
    moment = now() + timedelta(**step)
    monkeypatch.setattr(lost_notices, "now", lambda: moment)


def test_a_part_that_was_disputed_and_the_rest_that_was_taken_back_are_each_told_with_their_amount(
    attempt, monkeypatch
):
    say(attempt, disputes=(Dispute(reference="D1", amount=Money(20_000, "CNY"), gone=True),))
    say(attempt, PaymentState.REVERSED)
    later(monkeypatch, minutes=3)
    plan_lost_notices()
    plan_lost_notices()
    assert told("payment_reversed") == [
        {"payment": attempt.payment_id, "amount_minor": 20_000},
        {"payment": attempt.payment_id, "amount_minor": 30_000},
    ]


def test_a_surplus_that_was_taken_back_counts_in_what_is_told(attempt, account, monkeypatch):
    Account.objects.filter(pk=account.pk).update(status="open")
    more = Payment.objects.create(account=account, amount_minor=100_000, currency="CNY", source="link")
    second = Attempt.objects.create(
        payment=more,
        provider=attempt.provider,
        merchant_reference="A1x",
        state="pending",
        amount_minor=100_000,
        currency="CNY",
    )
    for state in (PaymentState.SUCCEEDED, PaymentState.REVERSED):
        apply_result(second.pk, PaymentResult(state=state, merchant_ref="A1x", amount=second.amount), source="poll")
    later(monkeypatch, minutes=3)
    plan_lost_notices()
    assert [facts["amount_minor"] for facts in told("payment_reversed")] == [100_000]


def test_a_refund_that_went_out_is_told_and_told_again_when_it_has_arrived(attempt, agent, lead, monkeypatch):
    money = Money(20_000, "CNY")
    refund = request_refund(attempt.payment, amount=money, purpose="owed_again", way="wallet", reason="r", by=agent)
    approve_refund(refund, by=lead)
    Refund.objects.filter(pk=refund.pk).update(state="sending", sent_at=now())
    result = RefundResult(state=RefundState.PENDING, refund_ref=refund.merchant_reference, amount=money)
    apply_refund_result(refund.pk, result, source="poll")
    later(monkeypatch, minutes=3)
    plan_lost_notices()
    apply_refund_result(refund.pk, replace(result, state=RefundState.SUCCEEDED), source="poll")
    for _again in range(2):
        plan_lost_notices()
    assert (told("refund_sent"), told("refund_done")) == ([{"refund": refund.pk}], [{"refund": refund.pk}])


def test_who_signed_gets_a_copy_although_the_wallet_says_when_only_hours_later(attempt, account, monkeypatch):
    beat(HEARTBEAT)
    mandate = Mandate.objects.create(
        account=account,
        provider=attempt.provider,
        merchant_reference="M1",
        currency="CNY",
        cap_minor=50_000,
        first_debit_on=today(),
        terms_version="1",
        terms_text="You let us take payments.",
        evidence=EVIDENCE,
    )
    signed = MandateResult(
        state=MandateState.ACTIVE, mandate_ref="T1", merchant_ref="M1", signed_at=now() - timedelta(hours=5)
    )
    apply_mandate_result(mandate.pk, signed, source="poll")
    later(monkeypatch, minutes=3)
    for _again in range(2):
        plan_lost_notices()
    assert told("agreement_copy") == [{"mandate": mandate.pk}]
