"""Calls are made by people: the gate decides when the task is made and again when somebody dials, and each attempt
counts. Wang Fang owes Harbour Bank 1,250.00 CNY."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Consent, Event, Hold
from accounts.services import place_hold
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from compliance.models import ContactCount, Decision
from reminders.calls.outcomes import OUTCOMES
from reminders.calls.script import script_of
from reminders.calls.services import end_call, put_back, start_call, sweep_calls
from reminders.models import CallTask, Message
from reminders.services import cancel_queued, dispatch_due, withdraw_consent
from reminders.switches import switch_off
from tests import factories
from tests.pages.conftest import signed_in
from tests.reminders.conftest import phone_of, queue_reminder

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")


@pytest.fixture
def task(account) -> CallTask:
    """Wang Fang is to be called: the reminder by voice has reached the callers' queue."""
    queue_reminder(account, channel="voice", left=("in_app",))
    dispatch_due()
    return CallTask.objects.get(account=account)


@pytest.fixture
def calling(task, agent) -> CallTask:
    return start_call(task, by=agent)


def counted(account) -> int:
    return sum(ContactCount.objects.filter(debtor=account.debtor, channel="voice").values_list("count", flat=True))


def test_a_reminder_by_voice_waits_for_a_person_and_counts_nothing_yet(account, task):
    assert (task.state, counted(account), task.message.state) == ("waiting", 0, "sent")
    account.refresh_from_db()
    assert account.last_contact_at is None


def test_dialling_asks_the_gate_and_counts_the_attempt(account, calling):
    assert (calling.state, calling.tries, counted(account)) == ("calling", 1, 1)
    assert Decision.objects.filter(account=account, channel="voice", verdict="allow").exists()


def test_who_may_not_be_contacted_never_reaches_the_queue(account):
    place_hold(account, kind="hardship", reason="illness", by=None)
    message = queue_reminder(account, channel="voice", left=())
    dispatch_due()
    message.refresh_from_db()
    assert message.state == "blocked"
    assert not CallTask.objects.exists()


def test_a_hold_placed_after_the_task_was_made_stops_the_dialling(account, task, agent):
    place_hold(account, kind="hardship", reason="illness", by=None)
    row = start_call(task, by=agent)
    assert (row.state, counted(account)) == ("cancelled", 0)
    assert "hardship hold" in row.reason


@pytest.mark.parametrize(
    "what", [{"scope": "schedule", "schedule_name": "Standard"}, {"scope": "channel", "channel": "voice"}]
)
def test_nobody_dials_what_was_switched_off_after_the_task_was_made(account, task, agent, admin, what):
    switch_off(**what, reason="wrong balances", by=admin)
    with pytest.raises(Conflict):
        start_call(task, by=agent)
    task.refresh_from_db()
    assert (task.state, counted(account)) == ("waiting", 0)


def test_the_second_call_of_a_day_waits_for_the_next(account, calling, agent):
    row = end_call(calling, outcome="no_answer", by=agent)
    row.not_before = now()
    row.save()
    again = start_call(row, by=agent)
    assert (again.state, counted(account)) == ("waiting", 1)
    assert again.not_before > now()
    assert "Contacted as often" in again.reason


def test_two_agents_never_call_the_same_person_at_once(calling):
    other = factories.user(role="agent", email="bo@agency.example", name="Bo Agent")
    with pytest.raises(Conflict):
        start_call(calling, by=other)
    with pytest.raises(Conflict):
        end_call(calling, outcome="spoke", by=other)


def test_not_dialled_after_all_gives_the_attempt_back(account, calling, agent):
    put_back(calling, by=agent)
    calling.refresh_from_db()
    assert (calling.state, calling.tries, counted(account)) == ("waiting", 0, 0)


def test_a_call_that_reached_nobody_is_tried_three_times_and_then_goes_on_by_the_next_way(account, task, agent):
    for number in range(1, 4):
        CallTask.objects.update(not_before=now(), expires_at=now() + timedelta(days=30))
        ContactCount.objects.all().delete()
        row = start_call(CallTask.objects.get(), by=agent)
        row = end_call(row, outcome="voicemail", by=agent)
        assert row.state == ("waiting" if number < 3 else "done")
    assert set(Message.objects.values_list("channel", "state")) == {("voice", "failed"), ("in_app", "due")}


def test_a_conversation_means_the_reminder_arrived(account, calling, agent):
    row = end_call(calling, outcome="spoke", by=agent)
    row.message.refresh_from_db()
    account.refresh_from_db()
    assert (row.state, row.message.state) == ("done", "delivered")
    assert account.last_contact_at is not None
    assert Event.objects.filter(kind="call.ended", account=account, actor=agent, data__reached=True).exists()


def test_a_promise_needs_its_day_and_leaves_the_account_in_peace(account, calling, agent):
    with pytest.raises(InvalidInput, match="day"):
        end_call(calling, outcome="promise", by=agent)
    with pytest.raises(InvalidInput, match="day"):
        end_call(calling, outcome="promise", by=agent, day=today() + timedelta(days=90))
    end_call(calling, outcome="promise", by=agent, day=today() + timedelta(days=3))
    account.refresh_from_db()
    assert account.quiet_until > now() + timedelta(days=2)
    assert Event.objects.filter(kind="promise.heard", account=account, actor=agent).exists()


@pytest.mark.parametrize(
    ("outcome", "hold"),
    [("hardship", "hardship"), ("dispute", "dispute"), ("represented", "represented"), ("deceased", "deceased")],
)
def test_what_is_said_on_the_phone_protects_at_once(account, calling, agent, outcome, hold):
    end_call(calling, outcome=outcome, by=agent)
    assert set(Hold.objects.filter(debtor=account.debtor).values_list("kind", flat=True)) == {hold}


def test_stop_said_on_the_phone_silences_everything(account, calling, agent):
    waiting = queue_reminder(account, channel="sms", occasion="other")
    end_call(calling, outcome="stop", by=agent)
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert Consent.objects.get(debtor=account.debtor).channel == "*"


def test_a_wrong_number_is_set_aside(account, calling, agent):
    end_call(calling, outcome="wrong_number", by=agent)
    assert account.debtor.contact_points.get(kind="phone").condition == "invalid"


def test_the_same_form_twice_ends_a_call_once(calling, agent):
    for _ in range(2):
        end_call(calling, outcome="no_answer", by=agent, token="once", note="rang eight times")
    assert calling.account.notes.count() == 1
    assert Event.objects.filter(kind="call.ended").count() == 1


@pytest.mark.parametrize("silencer", ["stop", "paid"])
def test_a_waiting_call_ends_at_once_when_the_person_stops_or_pays(account, task, silencer):
    if silencer == "stop":
        withdraw_consent(account.debtor, channel="*", source="test")
    else:
        cancel_queued(account, reason="A payment arrived.")
    task.refresh_from_db()
    assert task.state == "cancelled"


def test_calls_nobody_got_to_end_and_open_ones_come_back(account, task, agent):
    start_call(task, by=agent)
    CallTask.objects.update(called_at=now() - timedelta(hours=1))
    assert sweep_calls() == 1
    task.refresh_from_db()
    assert (task.state, task.outcome, counted(account)) == ("waiting", "left_open", 1)
    CallTask.objects.update(expires_at=now() - timedelta(minutes=1))
    sweep_calls()
    task.refresh_from_db()
    assert (task.state, task.message.__class__.objects.get(pk=task.message_id).state) == ("cancelled", "failed")


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_a_machine_hears_nothing_of_the_debt(account, task, language):
    account.debtor.language = language
    account.debtor.save()
    script = script_of(CallTask.objects.get())
    assert "1,250" in script.purpose
    for secret in ("1,250", "Harbour Bank", account.reference, "debt", "欠", "账户", "帳戶", "Fairway"):
        assert secret not in script.voicemail
    assert "{{" not in script.opening + script.purpose + script.closing + script.voicemail


def test_every_outcome_has_a_key_of_its_own():
    assert len({outcome.key for outcome in OUTCOMES.values()}) == len(OUTCOMES)


def test_an_agent_works_the_queue_through_its_pages(account, task, agent):
    desk = signed_in(agent)
    assert "Wang Fang" in desk.get(reverse("call_list")).content.decode()
    page = desk.get(reverse("call_page", args=[task.pk])).content.decode()
    assert phone_of(account) not in page
    page = desk.post(reverse("call_start", args=[task.pk]), follow=True).content.decode()
    assert phone_of(account) in page
    assert "data-timer" in page
    refused = desk.post(reverse("call_page", args=[task.pk]), {"outcome": "promise", "token": "a"})
    assert "Name a day" in refused.content.decode()
    ended = desk.post(reverse("call_page", args=[task.pk]), {"outcome": "no_answer", "token": "b", "note": "rang"})
    assert ended.status_code == 302
    assert "Wang Fang" in desk.get(reverse("call_list") + "?show=later").content.decode()


def test_a_call_that_may_not_be_made_says_why_on_its_page(account, task, agent):
    place_hold(account, kind="dispute", reason="amount", by=None)
    page = signed_in(agent).post(reverse("call_start", args=[task.pk]), follow=True).content.decode()
    assert "dispute hold stops contact" in page
    assert phone_of(account) not in page
