"""Planning a day: whose step is due, once, by a channel that reaches them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Account, Consent, ContactPoint, Hold
from common.clock import now, today
from compliance.models import ContactPolicy
from reminders.models import Message, Schedule, Step
from reminders.schedules.audience import who_gets_what
from reminders.selectors import portal_inbox, upcoming_for
from reminders.services import plan_reminders
from tests import factories

pytestmark = pytest.mark.usefixtures("ready")


def plan(on: date | None = None) -> int:
    return plan_reminders(on or today()).planned


@pytest.mark.parametrize(
    ("days", "key"),
    [
        (-3, "due_soon"),
        (-1, "due_soon"),
        (1, "overdue_friendly"),
        (6, "overdue_friendly"),
        (21, "overdue_firm"),
        (44, "overdue_firm"),
        (45, "overdue_last"),
        (400, "overdue_last"),
    ],
)
def test_the_latest_step_whose_day_has_come_is_planned_and_no_other(days, key):
    factories.account(days_overdue=days)
    assert plan() == 1
    assert Message.objects.get().purpose == key


def test_nothing_is_planned_before_the_first_step():
    factories.account(days_overdue=-4)
    assert plan() == 0


def test_planning_the_same_day_again_adds_nothing(account):
    assert plan() == 1
    assert plan() == 0


def test_chunks_give_the_same_plan_as_one_go():
    for days in range(1, 30):
        factories.account(days_overdue=days)
    counts = plan_reminders(today(), chunk=4)
    assert counts.planned == 29
    assert counts.chunks >= 8
    assert plan() == 0


def test_a_placement_of_old_debts_causes_one_message_each_not_a_burst():
    for _ in range(3):
        factories.account(days_overdue=300)
    assert plan() == 3
    Message.objects.update(state="sent", created_at=now() - timedelta(days=30))
    assert plan() == 0


def test_the_next_step_follows_when_its_day_comes(account):
    plan()
    Message.objects.update(state="sent", created_at=now() - timedelta(days=2))
    assert plan(today() + timedelta(days=5)) == 1
    assert Message.objects.order_by("-id")[0].purpose == "overdue_last"


def test_no_second_reminder_while_one_is_under_way(account):
    plan()
    assert plan(today() + timedelta(days=5)) == 0


def test_a_new_delinquency_starts_the_schedule_again(account):
    plan()
    Message.objects.update(state="sent", created_at=now() - timedelta(days=60))
    Account.objects.filter(pk=account.pk).update(due_date=today() - timedelta(days=22))
    assert plan() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status": "paid"},
        {"status": "recalled"},
        {"balance_minor": 0, "principal_minor": 0},
        {"quiet_until": datetime(2099, 1, 1, tzinfo=ZoneInfo("UTC"))},
    ],
)
def test_accounts_that_are_paid_gone_or_quiet_are_left_in_peace(account, change):
    Account.objects.filter(pk=account.pk).update(**change)
    assert plan() == 0


@pytest.mark.parametrize("whole_person", [True, False])
def test_a_hold_that_blocks_contact_stops_planning(account, whole_person):
    Hold.objects.create(
        debtor=account.debtor,
        account=None if whole_person else account,
        kind="hardship",
        blocks=["contact"],
        reason="lost work",
    )
    assert plan() == 0


def test_a_hold_that_is_over_or_about_debits_does_not(account):
    Hold.objects.create(debtor=account.debtor, kind="dispute", blocks=["debit"], reason="x")
    past = now() - timedelta(days=9)
    Hold.objects.create(
        debtor=account.debtor,
        kind="dispute",
        blocks=["contact"],
        reason="x",
        starts_at=past,
        ends_at=past + timedelta(days=1),
    )
    assert plan() == 1


def test_the_first_reachable_channel_is_chosen_and_the_others_kept(account):
    plan()
    row = Message.objects.get()
    assert (row.channel, row.channels_left) == ("email", ["sms", "in_app"])


def test_a_dead_mailbox_is_passed_over(account):
    ContactPoint.objects.filter(debtor=account.debtor, kind="email").update(condition="invalid")
    plan()
    row = Message.objects.get()
    assert (row.channel, row.channels_left) == ("sms", ["in_app"])


def test_without_any_address_the_app_remains():
    factories.account(reachable=False)
    plan()
    assert Message.objects.get().channel == "in_app"


def test_refused_channels_are_left_out_and_a_newer_agreement_brings_them_back(account):
    Consent.objects.create(debtor=account.debtor, channel="email", granted=False)
    Consent.objects.create(debtor=account.debtor, channel="sms", granted=False, recorded_at=now() - timedelta(days=2))
    Consent.objects.create(debtor=account.debtor, channel="sms", granted=True, recorded_at=now() - timedelta(days=1))
    plan()
    row = Message.objects.get()
    assert (row.channel, row.channels_left) == ("sms", ["in_app"])


def test_a_creditors_yes_does_not_bring_back_who_refused(account):
    """Their file may be older than the refusal, or simply wrong about it."""
    Consent.objects.create(debtor=account.debtor, channel="*", granted=False, recorded_at=now() - timedelta(days=2))
    for channel in ("*", "email", "sms"):
        Consent.objects.create(
            debtor=account.debtor, channel=channel, granted=True, evidence={"source": "placement file"}
        )
    assert plan() == 0


def test_who_refused_everything_is_not_planned_at_all(account):
    Consent.objects.create(debtor=account.debtor, channel="*", granted=False)
    assert plan() == 0


def test_a_third_party_sends_no_text_messages_to_the_united_states():
    agency_client = factories.creditor(role="third_party_collector")
    person = factories.debtor(agency_client, country="US", time_zone="America/Chicago")
    factories.account(person=person)
    plan()
    row = Message.objects.get()
    assert "sms" not in [row.channel, *row.channels_left]


def test_a_step_for_larger_debts_leaves_small_ones_alone(ready):
    Step.objects.filter(schedule=ready).update(minimum_minor=10_000)
    factories.account(balance_minor=9_999)
    assert plan() == 0
    factories.account(balance_minor=10_000)
    assert plan() == 1


def test_the_creditors_own_schedule_wins_over_the_common_one(account):
    own = Schedule.objects.create(name="Own", creditor=account.creditor, state="published")
    Step.objects.create(schedule=own, position=1, offset_days=30, channels=["in_app"], template_key="overdue_firm")
    factories.account()
    plan()
    assert Message.objects.get(account=account).step.schedule == own
    assert Message.objects.exclude(account=account).get().step.schedule.creditor is None


def test_a_draft_schedule_plans_nothing(ready, account):
    Schedule.objects.filter(pk=ready.pk).update(state="draft")
    assert plan() == 0


def test_messages_are_due_when_the_next_decent_hour_begins(account):
    in_two_hours = (now() + timedelta(hours=2)).astimezone(ZoneInfo("Asia/Shanghai"))
    opens = time(in_two_hours.hour)
    if opens == time(0):
        pytest.skip("the hours would begin on the next day")
    ContactPolicy.objects.update(window_start=opens)
    plan()
    local = Message.objects.get().due_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert local.time() == opens
    assert local - now() <= timedelta(hours=24)


def test_the_dry_run_counts_what_planning_then_creates(account):
    factories.account(days_overdue=2)
    quiet = factories.account()
    Account.objects.filter(pk=quiet.pk).update(quiet_until=now() + timedelta(days=3))
    audience = who_gets_what(today())
    assert audience.total == 2
    assert audience.left_out == {"quiet": 1}
    assert not Message.objects.exists()
    assert plan() == 2
    assert who_gets_what(today()).left_out["under_way"] == 2


def test_upcoming_shows_what_waits_and_the_inbox_only_what_was_sent(account):
    plan()
    assert upcoming_for(account).count() == 1
    Message.objects.update(channel="in_app")
    assert not portal_inbox(account).exists()
    Message.objects.update(state="delivered")
    assert portal_inbox(account).count() == 1
    assert not upcoming_for(account).exists()
