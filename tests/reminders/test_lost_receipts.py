"""Whoever paid is thanked, also when the worker died before it said so, and whatever happens to the others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import now
from common.heartbeat import beat
from common.models import Heartbeat
from payments.models import Payment
from reminders import lost_receipts, tasks
from reminders.lost_receipts import HEARTBEAT, plan_lost_receipts
from reminders.models import Message
from reminders.services import plan_receipts
from tests import factories
from tests.reminders.test_money_and_messages import paid

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

    monkeypatch.setattr(lost_receipts, "plan_receipts", stumble)
    tasks.sweep()
    assert thanked() == {f"payment:{payment.pk}" for payment in others}
    assert Heartbeat.objects.filter(name=HEARTBEAT).exists()
    assert plan_lost_receipts() == 0


def test_more_than_a_batch_that_nobody_can_write_about_does_not_hide_the_next(monkeypatch):
    first, second, third = [paid_before(5) for _ in range(3)]

    def stumble(payments):
        if payments[0] in (first, second):
            raise ValueError("nobody can write about this")
        plan_receipts(payments)

    monkeypatch.setattr(lost_receipts, "plan_receipts", stumble)
    assert plan_lost_receipts(batch=2) == 1
    assert thanked() == {f"payment:{third.pk}"}


def test_a_quarter_of_an_hour_is_looked_at_and_the_day_after_a_silence():
    for minutes in (1, 5, 60, 25 * 60):
        paid_before(minutes)
    beat(HEARTBEAT)
    assert plan_lost_receipts() == 1
    Heartbeat.objects.update(beat_at=now() - timedelta(hours=2))
    assert (plan_lost_receipts(), plan_lost_receipts()) == (1, 0)
