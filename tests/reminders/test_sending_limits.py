"""Limits of senders: a number sends no faster than its provider takes, and what waits can still be cancelled."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.models import Hold
from common.clock import real_now
from reminders.dispatch.claim import claim_due
from reminders.models import Message, SendingLimit
from reminders.sending_limits import ensure_sending_limits
from reminders.services import cancel_queued, dispatch_due, queue_message
from tests import factories
from tests.reminders.conftest import phone_of, queue_reminder
from tests.reminders.test_races import at_once

NUMBER = "+15005550006"


@pytest.fixture
def slow_number(settings, ready):
    """One message a minute, and one is free now. A test is over before the next one is."""
    settings.TWILIO_FROM = NUMBER
    return SendingLimit.objects.create(channel="sms", sender=NUMBER, per_minute=1, room=1)


def reminders_to(people: int) -> list[Message]:
    return [queue_reminder(factories.account()) for _ in range(people)]


def seconds_pass(seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reminders_sendinglimit SET counted_at = counted_at - make_interval(secs => %s)", [seconds]
        )


def test_a_number_sends_what_it_may_and_the_rest_waits(slow_number, outbox):
    reminders_to(3)
    assert dispatch_due().handed_over == 1
    assert dispatch_due().claimed == 0
    assert Message.objects.filter(state="due").count() == 2
    seconds_pass(60)
    assert dispatch_due().handed_over == 1


def test_other_ways_do_not_wait_for_a_slow_number(slow_number, outbox):
    reminders_to(5)
    by_mail = queue_reminder(factories.account(), channel="email")
    dispatch_due()
    by_mail.refresh_from_db()
    assert by_mail.state == "sent"


def test_what_waits_for_room_is_still_cancelled_by_a_payment(slow_number, outbox):
    rows = reminders_to(5)
    dispatch_due()
    waiting = [row for row in rows if Message.objects.get(pk=row.pk).state == "due"]
    for row in waiting:
        cancel_queued(row.account, reason="Paid.")
    seconds_pass(60)
    dispatch_due()
    assert not any(outbox.messages(to=phone_of(row.account)) for row in waiting)


def test_an_idle_number_saves_up_two_ticks_and_no_more(slow_number, outbox):
    SendingLimit.objects.update(per_minute=9)
    reminders_to(6)
    seconds_pass(86_400)
    assert len(claim_due(100)) == 3


def test_a_message_that_did_not_leave_uses_up_nothing(slow_number, outbox):
    first, second = reminders_to(2)
    Hold.objects.create(debtor=first.debtor, kind="bankruptcy", blocks=["contact"], reason="Filed")
    assert dispatch_due().handed_over == 0
    assert dispatch_due().handed_over == 1
    second.refresh_from_db()
    assert second.state == "sent"


def test_the_end_of_a_day_s_allowance_is_kept_for_answers(slow_number, outbox, account):
    SendingLimit.objects.update(per_minute=6_000, room=100, per_day=10, taken=9, day=real_now().date())
    reminders_to(2)
    receipt = queue_message(account, purpose="payment_link", occasion="asked", channels=("sms",))
    assert [claim.message_id for claim in claim_due(10)] == [receipt.pk]
    assert claim_due(10) == []


def test_a_new_day_begins_with_all_of_it(slow_number, outbox):
    SendingLimit.objects.update(per_minute=6_000, room=100, per_day=10, taken=10, day="2026-01-01")
    reminders_to(2)
    assert dispatch_due().handed_over == 2
    assert SendingLimit.objects.get().taken == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_together_keep_to_the_limit(slow_number, outbox):
    reminders_to(12)
    assert sum(at_once(2, lambda _: sum(dispatch_due(batch=4).handed_over for _ in range(3)))) == 1


def test_every_sender_in_use_begins_with_the_narrowest_tier(settings, db):
    settings.SANDBOX = False
    settings.TWILIO_FROM, settings.TWILIO_WHATSAPP_FROM = NUMBER, NUMBER
    assert ensure_sending_limits() == 3
    assert ensure_sending_limits() == 0
    assert SendingLimit.objects.get(channel="sms").per_minute == 60
    assert SendingLimit.objects.get(channel="whatsapp").per_day == 250
