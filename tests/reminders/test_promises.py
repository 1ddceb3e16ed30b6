"""While a promise runs no machine asks; when it is broken or withdrawn, the schedule goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.services import place_hold
from common import clock
from common.clock import now
from compliance.models import ContactCount
from payments.promises import amend_promise, judge_due, withdraw_promise
from payments.promises.days import midnight_after
from payments.promises.standing import Part
from payments.promises.taking import peace_of
from reminders.heeding import leave_in_peace
from reminders.models import CallTask, Message
from reminders.promise_reminders import plan_promise_reminders
from reminders.queue import queue_message
from reminders.services import dispatch_due, plan_reminders
from tests.promises.cast import in_days, move_to, paid, promised
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


def to_the_day_before(promise) -> None:
    move_to(midnight_after(promise.account, promise.last_on - timedelta(days=2)) + timedelta(hours=10))


def words_of(account):
    return Message.objects.filter(account=account, purpose="promise_reminder").first()


def test_the_day_before_one_friendly_word_goes_within_the_peace(outbox, account, agent):
    promise = promised(account, (4, 50_000), by=agent)
    assert plan_promise_reminders() == 0
    to_the_day_before(promise)
    assert plan_promise_reminders() == 1 and plan_promise_reminders() == 0
    dispatch_due()
    assert words_of(account).state == "sent"
    (sent,) = outbox.messages()
    assert "500.00" in str(sent) and plan_reminders(in_days(0)).planned == 0


def test_who_says_tomorrow_is_not_reminded_of_it(account, agent):
    promised(account, (1, 50_000), by=agent)
    assert plan_promise_reminders() == 0


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_it_names_what_is_still_to_come_in_their_language(outbox, account, agent, language):
    account.debtor.language = language
    account.debtor.save()
    promise = promised(account, (4, 50_000), by=agent)
    paid(account, 20_000)
    to_the_day_before(promise)
    plan_promise_reminders()
    dispatch_due()
    assert words_of(account).state == "sent" and "300.00" in words_of(account).body


@pytest.mark.parametrize(
    ("meanwhile", "becomes"),
    [
        (lambda promise, by: withdraw_promise(promise, reason="a misunderstanding", by=by), "cancelled"),
        (lambda promise, by: amend_promise(promise, [Part(in_days(3), 1_000)], reason="wages", by=by), "cancelled"),
        (lambda promise, by: paid(promise.account, 50_000), "cancelled"),
        (
            lambda promise, by: leave_in_peace(promise.account_id, until=now() + timedelta(days=9), reason="x"),
            "cancelled",
        ),
        (lambda promise, by: place_hold(promise.account, kind="dispute", reason="not hers", by=by), "blocked"),
        (lambda promise, by: paid(promise.account, 125_000), "blocked"),
        (lambda promise, by: move_to(promise.judge_at - timedelta(hours=1)), "cancelled"),
    ],
    ids=["withdrawn", "changed", "paid", "another peace", "hold", "nothing owed", "day over"],
)
def test_what_happens_meanwhile_keeps_it_back(outbox, account, lead, meanwhile, becomes):
    promise = promised(account, (4, 50_000), by=lead)
    to_the_day_before(promise)
    plan_promise_reminders()
    with transaction.atomic():
        meanwhile(promise, lead)
    dispatch_due()
    row = words_of(account)
    assert row.state == becomes and row.reason, (row.state, row.reason)
    assert not [one for one in outbox.messages() if "500.00" in str(one)]


def test_who_was_contacted_as_often_as_allowed_is_not_reminded_either(outbox, account, agent):
    """The cap is one contact a day."""
    promise = promised(account, (4, 50_000), by=agent)
    to_the_day_before(promise)
    ContactCount.objects.create(debtor=account.debtor, day=in_days(0), channel="email", count=1)
    plan_promise_reminders()
    dispatch_due()
    assert words_of(account).state == "due" and words_of(account).due_at > now()
