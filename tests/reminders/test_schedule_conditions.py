"""Steps for some accounts only, steps that follow a sent reminder, silence, and kill switches at sending."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import ContactPoint
from common.clock import now, today
from reminders.models import InboundMessage, Message, Schedule, Step
from reminders.schedules.audience import who_gets_what
from reminders.services import dispatch_due, follow_silence, plan_reminders
from reminders.switches import switch_off, switch_on
from tests import factories
from tests.reminders.conftest import queue_reminder

pytestmark = pytest.mark.usefixtures("ready")


def schedule_of(*steps: dict) -> list[Step]:
    """A common schedule in force with exactly these steps."""
    Schedule.objects.filter(state="published").update(state="retired")
    schedule = Schedule.objects.create(name=f"Test {Schedule.objects.count()}", state="published")
    defaults = {"offset_days": 7, "channels": ["email", "sms"], "template_key": "overdue_friendly"}
    return [
        Step.objects.create(schedule=schedule, position=position, **defaults | step)
        for position, step in enumerate(steps, start=1)
    ]


def plan(on=None) -> int:
    return plan_reminders(on or today()).planned


def sent(message: Message, *, days_ago: int) -> None:
    moment = now() - timedelta(days=days_ago)
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=moment, created_at=moment)


@pytest.mark.parametrize(
    ("condition", "account", "planned", "reason"),
    [
        ({"minimum_minor": 100_000}, {"balance_minor": 99_999}, 0, "below_minimum"),
        ({"minimum_minor": 100_000}, {"balance_minor": 100_000}, 1, ""),
        ({"maximum_minor": 100_000}, {"balance_minor": 100_001}, 0, "above_maximum"),
        ({"maximum_minor": 100_000}, {"balance_minor": 100_000}, 1, ""),
        ({"minimum_minor": 100_000}, {"balance_minor": 1_000, "currency": "JPY"}, 1, ""),
        ({"minimum_minor": 100_000}, {"balance_minor": 999, "currency": "JPY"}, 0, "below_minimum"),
        ({"products": ["loan", "telecom"]}, {"product": "credit_card"}, 0, "other_product"),
        ({"products": ["loan", "telecom"]}, {"product": "telecom"}, 1, ""),
        ({"segments": ["early"]}, {}, 0, "other_segment"),
        ({"segments": ["early"]}, {"segment": "late"}, 0, "other_segment"),
        ({"segments": ["early", "returned_mail"]}, {"segment": "returned_mail"}, 1, ""),
        ({"languages": ["fr"]}, {}, 0, "other_language"),
    ],
)
def test_a_condition_decides_who_gets_a_step(condition, account, planned, reason):
    schedule_of(condition)
    factories.account(days_overdue=8, **account)
    assert plan() == planned
    assert dict(who_gets_what(today()).left_out) == ({reason: 1} if reason else {"under_way": 1})


def test_a_step_for_those_a_text_reaches_leaves_out_who_has_no_phone():
    schedule_of({"reachable_by": "sms"})
    account = factories.account(days_overdue=8)
    ContactPoint.objects.filter(debtor=account.debtor, kind="phone").update(condition="invalid")
    assert plan() == 0
    ContactPoint.objects.filter(debtor=account.debtor, kind="phone").update(condition="working")
    assert plan() == 1


def test_of_two_steps_on_one_day_each_account_gets_the_first_that_fits():
    schedule_of({"minimum_minor": 100_000, "template_key": "overdue_firm"}, {})
    large = factories.account(days_overdue=8, balance_minor=200_000)
    small = factories.account(days_overdue=8, balance_minor=5_000)
    assert plan() == 2
    assert Message.objects.get(account=large).purpose == "overdue_firm"
    assert Message.objects.get(account=small).purpose == "overdue_friendly"
    assert plan(today() + timedelta(days=2)) == 0


def test_a_follower_waits_its_days_from_the_sending_of_the_one_before():
    schedule_of({}, {"after_previous": 5, "template_key": "overdue_firm"}, {"after_previous": 3})
    factories.account(days_overdue=8)
    assert plan() == 1
    first = Message.objects.get()
    sent(first, days_ago=4)
    assert plan() == 0
    assert who_gets_what(today()).left_out["waits_for_previous"] == 1
    sent(first, days_ago=5)
    assert plan() == 1
    second = Message.objects.exclude(pk=first.pk).get()
    assert second.purpose == "overdue_firm"
    sent(second, days_ago=2)
    assert plan() == 0
    sent(second, days_ago=3)
    assert plan() == 1
    assert plan() == 0


def test_a_follower_never_comes_before_a_reminder_that_was_not_sent():
    schedule_of({}, {"after_previous": 1, "template_key": "overdue_firm"})
    factories.account(days_overdue=8)
    plan()
    Message.objects.update(state="blocked", created_at=now() - timedelta(days=9))
    assert plan() == 0


def test_the_next_day_of_the_schedule_ends_a_chain():
    schedule_of({}, {"after_previous": 5}, {"offset_days": 30, "template_key": "overdue_last"})
    factories.account(days_overdue=31)
    assert plan() == 1
    assert Message.objects.get().purpose == "overdue_last"


def sent_with_silence(account) -> Message:
    (step,) = schedule_of({"silence_hours": 24})
    message = queue_reminder(account, step=step, channel="email", left=("sms",))
    dispatch_due()
    message.refresh_from_db()
    return message


def later(message: Message, *, hours: int) -> None:
    Message.objects.filter(pk=message.pk).update(
        silent_at=message.silent_at - timedelta(hours=hours), sent_at=message.sent_at - timedelta(hours=hours)
    )


def test_silence_is_followed_by_the_next_way_once(account, outbox):
    message = sent_with_silence(account)
    assert message.silent_at == message.sent_at + timedelta(hours=24)
    later(message, hours=23)
    assert follow_silence() == 0
    later(message, hours=25)
    assert follow_silence() == 1
    assert follow_silence() == 0
    following = Message.objects.exclude(pk=message.pk).get()
    assert (following.channel, following.step_id) == ("sms", message.step_id)


def test_whoever_wrote_back_is_not_written_to_again(account, outbox):
    message = sent_with_silence(account)
    later(message, hours=25)
    InboundMessage.objects.create(debtor=account.debtor, channel="sms", dedupe_key="a", text="I will call")
    assert follow_silence() == 0
    assert Message.objects.count() == 1


def test_a_channel_that_is_off_gives_way_to_the_next(account, outbox, admin):
    switch_off("channel", channel="sms", reason="wrong link in it", by=admin)
    message = queue_reminder(account)
    dispatch_due()
    message.refresh_from_db()
    assert (message.channel, message.state) in {("email", "due"), ("email", "sent"), ("email", "delivered")}
    assert outbox.messages(channel="sms") == []


def test_a_creditor_that_is_off_waits_and_goes_out_when_it_is_on_again(account, outbox, admin):
    switch = switch_off("creditor", creditor=account.creditor, reason="wrong balances", by=admin)
    message = queue_reminder(account)
    dispatch_due()
    message.refresh_from_db()
    assert (message.state, message.reason) == ("due", "This was switched off by an administrator.")
    switch_on(switch, reason="corrected", by=admin)
    Message.objects.update(due_at=now())
    dispatch_due()
    message.refresh_from_db()
    assert message.state in ("sent", "delivered")


def test_what_waited_too_long_behind_a_switch_is_dropped(account, outbox, admin):
    switch_off("everything", reason="incident", by=admin)
    message = queue_reminder(account, created_at=now() - timedelta(days=5))
    dispatch_due()
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_a_schedule_that_is_off_stops_only_its_own_reminders(account, outbox, admin):
    switch_off("schedule", schedule_name="Standard", reason="wrong days", by=admin)
    message = queue_reminder(account)
    asked = queue_reminder(account, step=None, purpose="payment_link", occasion="asked:1")
    dispatch_due()
    message.refresh_from_db()
    asked.refresh_from_db()
    assert (message.state, asked.state in ("sent", "delivered")) == ("due", True)
    assert plan() == 0
