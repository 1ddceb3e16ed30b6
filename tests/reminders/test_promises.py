"""While a promise runs no machine asks; when it is broken or withdrawn, the schedule goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from common.clock import now
from payments.promises import judge_due, withdraw_promise
from payments.promises.taking import peace_of
from reminders.models import CallTask
from reminders.queue import queue_message
from reminders.services import dispatch_due, plan_reminders
from tests.promises.cast import in_days, move_to, promised
from tests.reminders.conftest import queue_reminder

pytestmark = pytest.mark.usefixtures("ready")


@pytest.fixture(autouse=True)
def a_clock_that_moves(settings):
    settings.SANDBOX = True
    clock.forget()
    yield
    clock.forget()


def test_what_is_queued_waits_for_the_day_after_the_promise(outbox, account, agent):
    waiting = queue_reminder(account)
    promise = promised(account, (2, 50_000), by=agent)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.due_at) == ("due", peace_of(promise))
    dispatch_due()
    assert not outbox.messages() and plan_reminders(in_days(0)).planned == 0


def test_withdrawn_what_waited_goes_on(outbox, account, agent):
    waiting = queue_reminder(account)
    withdraw_promise(promised(account, (2, 50_000), by=agent), reason="a misunderstanding", by=agent)
    waiting.refresh_from_db()
    assert waiting.state == "due" and waiting.due_at <= now()
    dispatch_due()
    waiting.refresh_from_db()
    assert waiting.state == "sent" and outbox.messages()


def test_broken_the_schedule_goes_on(account, agent):
    promise = promised(account, (1, 50_000), by=agent)
    assert plan_reminders(in_days(0)).planned == 0
    move_to(promise.judge_at + timedelta(minutes=1))
    judge_due()
    assert plan_reminders(in_days(0)).planned == 1


def test_a_call_in_the_queue_is_not_made(account, agent):
    task = CallTask.objects.create(
        account=account, debtor=account.debtor, purpose="due", not_before=now(), expires_at=now() + timedelta(days=5)
    )
    promised(account, (2, 50_000), by=agent)
    task.refresh_from_db()
    assert (task.state, task.reason) == ("cancelled", "The person promised to pay.")


def test_what_answers_the_person_does_not_wait(account, agent):
    link = queue_message(account, purpose="payment_link", occasion="asked-1")
    promised(account, (2, 50_000), by=agent)
    link.refresh_from_db()
    assert link.due_at <= now()
