"""Sending: what leaves carries the truth of the moment; what must not leave does not; each failure has its way on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from accounts.models import Account, Consent, ContactPoint, Event, Hold
from common.clock import now
from common.models import ClockShift
from compliance.models import ContactCount, ContactPolicy, Decision
from payments.models import PaymentLink
from reminders.channels.registry import channel
from reminders.dispatch import claim
from reminders.models import Message, Template
from reminders.services import dispatch_due, queue_message, sweep_leases
from tests import factories
from tests.reminders.conftest import email_of, phone_of, queue_reminder


def send(message: Message) -> Message:
    dispatch_due()
    message.refresh_from_db()
    return message


def expire_claims() -> None:
    Message.objects.filter(state="sending").update(claimed_until="2020-01-01T00:00:00Z")


def test_a_text_message_carries_amount_creditor_and_a_link_that_opens(outbox, account, queued, client):
    row = send(queued)
    assert row.state == "sent"
    (text,) = outbox.messages(to=phone_of(account))
    assert "1,250.00" in text["text"]
    assert "Harbour Bank" in text["text"]
    assert "Reply STOP" in text["text"]
    assert "http" in text["text"]
    assert PaymentLink.objects.filter(account=account).count() == 1
    assert row.body == text["text"]
    assert row.provider_reference


def test_an_e_mail_has_subject_text_html_and_one_click_unsubscribe(outbox, account):
    send(queue_reminder(account, channel="email"))
    (mail,) = outbox.messages(to=email_of(account))
    assert "40 days overdue" in mail["subject"]
    assert "1,250.00" in mail["text"]
    headers = {name.lower(): value for name, value in mail["headers"]}
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "/stop/" in headers["list-unsubscribe"]


def test_a_message_in_the_app_is_delivered_by_being_stored(outbox, account):
    row = send(queue_reminder(account, channel="in_app", left=()))
    assert row.state == "delivered"
    assert "overdue" in row.subject
    assert not outbox.messages()


def test_the_amount_is_what_is_owed_at_the_moment_of_sending(outbox, account, queued):
    Account.objects.filter(pk=account.pk).update(balance_minor=90_000, principal_minor=90_000)
    send(queued)
    (text,) = outbox.messages()
    assert "900.00" in text["text"]


def test_words_come_in_the_persons_language(outbox, account, queued):
    account.debtor.language = "zh-hans"
    account.debtor.save(update_fields=["language"])
    send(queued)
    (text,) = outbox.messages()
    assert re.search(r"[\u4e00-\u9fff]", text["text"])


def test_the_newest_approved_text_is_used_and_a_draft_is_not(outbox, account, queued):
    shipped = Template.objects.get(key="overdue_firm", channel="sms", language="en")
    body = "{{ first_name }}: {{ amount }}, {{ link }} {{ company }} {{ opt_out }} NEWER"
    Template.objects.create(key="overdue_firm", channel="sms", language="en", version=2, body=body, approved_at=now())
    Template.objects.create(key="overdue_firm", channel="sms", language="en", version=3, body=shipped.body)
    send(queued)
    (text,) = outbox.messages()
    assert text["text"].endswith("NEWER")


def test_the_words_are_encrypted_where_they_are_kept(outbox, account, queued):
    send(queued)
    sealed = Message.objects.filter(pk=queued.pk).values_list("body", flat=True)[0]
    assert "Harbour" not in str(sealed)


def test_what_was_sent_is_on_the_record_with_its_decision(outbox, account, queued):
    row = send(queued)
    assert Event.objects.filter(kind="message.sent", account=account).count() == 1
    assert Decision.objects.get().verdict == "allow"
    assert row.facts["decision"] == Decision.objects.get().pk
    account.refresh_from_db()
    assert account.last_contact_at == row.sent_at


def test_nothing_is_sent_twice_by_a_second_tick(outbox, queued):
    assert dispatch_due().handed_over == 1
    assert dispatch_due().claimed == 0
    assert len(outbox.messages()) == 1


def test_what_is_not_due_waits(outbox, queued):
    Message.objects.update(due_at=now() + timedelta(hours=1))
    assert dispatch_due().claimed == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"balance_minor": 0, "principal_minor": 0, "status": "paid"}, "Nothing is owed"),
        ({"status": "recalled"}, "recalled"),
    ],
)
def test_an_account_settled_between_planning_and_sending_gets_nothing(outbox, account, queued, change, words):
    Account.objects.filter(pk=account.pk).update(**change)
    row = send(queued)
    assert row.state == "blocked"
    assert words in row.reason
    assert not outbox.messages()
    assert not ContactCount.objects.exists()
    assert Event.objects.filter(kind="message.blocked", account=account).exists()


def test_a_hold_placed_after_planning_stops_the_message(outbox, account, queued):
    Hold.objects.create(debtor=account.debtor, kind="bankruptcy", blocks=["contact"], reason="x")
    assert send(queued).state == "blocked"
    assert not outbox.messages()


def test_a_reminder_about_an_older_due_date_is_cancelled(outbox, account, queued):
    Account.objects.filter(pk=account.pk).update(due_date=account.due_date + timedelta(days=10))
    row = send(queued)
    assert row.state == "cancelled"
    assert not outbox.messages()
    assert sum(ContactCount.objects.values_list("count", flat=True)) == 0


def test_a_message_for_a_quiet_account_waits_and_costs_no_attempt(outbox, account, queued):
    until = now() + timedelta(hours=5)
    Account.objects.filter(pk=account.pk).update(quiet_until=until)
    row = send(queued)
    assert row.state == "due"
    assert row.due_at >= until
    assert row.attempts == 0
    assert not outbox.messages()


def test_a_demand_held_back_for_long_gives_way_to_the_schedule(outbox, account, queued):
    Account.objects.filter(pk=account.pk).update(quiet_until=now() + timedelta(days=20))
    assert send(queued).state == "cancelled"


def test_a_second_account_of_the_same_person_waits_for_tomorrow(outbox, account, queued):
    other = factories.account(person=account.debtor, placement=account.portfolio, reachable=False)
    second = queue_reminder(other)
    dispatch_due()
    states = sorted(Message.objects.values_list("state", flat=True))
    assert states == ["due", "sent"]
    second.refresh_from_db()
    assert len(outbox.messages()) == 1


def test_a_refused_channel_hands_over_to_the_next_one(outbox, account, queued):
    Consent.objects.create(debtor=account.debtor, channel="sms", granted=False)
    row = send(queued)
    assert (row.state, row.channel) == ("due", "email")
    row = send(queued)
    assert row.state == "sent"
    assert outbox.messages(to=email_of(account))
    assert not outbox.messages(to=phone_of(account))


def test_a_refusal_of_everything_ends_it_without_trying_other_channels(outbox, account, queued):
    Consent.objects.create(debtor=account.debtor, channel="*", granted=False)
    row = send(queued)
    assert (row.state, row.channel) == ("blocked", "sms")
    assert not outbox.messages()


def test_a_dead_number_is_marked_given_back_and_followed_by_e_mail(outbox, account, queued):
    outbox.set_faults(api="error_code", api_code="21211", times=1)
    row = send(queued)
    assert row.state == "failed"
    assert account.debtor.contact_points.get(kind="phone").condition == "invalid"
    sibling = Message.objects.exclude(pk=row.pk).get()
    assert (sibling.channel, sibling.state, sibling.channels_left) == ("email", "due", ["in_app"])
    dispatch_due()
    assert outbox.messages(to=email_of(account))
    assert list(ContactCount.objects.filter(count__gt=0).values_list("channel", flat=True)) == ["email"]


def test_a_provider_that_says_opted_out_is_believed(outbox, account, queued):
    outbox.set_faults(api="error_code", api_code="21610", times=1)
    send(queued)
    word = Consent.objects.get(debtor=account.debtor)
    assert (word.channel, word.granted) == ("sms", False)


def test_too_many_requests_are_tried_again_later_and_the_contact_given_back(outbox, queued):
    outbox.set_faults(api="rate_limited")
    row = send(queued)
    assert (row.state, row.attempts) == ("due", 1)
    assert row.due_at > now()
    assert not ContactCount.objects.filter(count__gt=0).exists()
    outbox.set_faults(api="none")
    Message.objects.update(due_at=now())
    assert send(queued).state == "sent"


def test_attempts_end_and_the_next_channel_takes_over(outbox, queued):
    outbox.set_faults(api="rate_limited")
    for _ in range(5):
        Message.objects.filter(pk=queued.pk).update(due_at=now())
        row = send(queued)
    assert row.state == "failed"
    assert Message.objects.filter(channel="email", state="due").exists()


def test_our_own_locked_account_spends_nobodys_attempts(outbox, queued):
    outbox.set_faults(api="error_code", api_code="20003")
    row = send(queued)
    assert (row.state, row.attempts, row.reason) == ("due", 0, "credentials")


def test_a_broken_text_is_blocked_with_its_reason_and_given_back(outbox, account, queued):
    Template.objects.filter(key="overdue_firm").update(body="{{ no_such_thing }}")
    Message.objects.update(channels_left=[])
    row = send(queued)
    assert row.state == "blocked"
    assert "unusable_template" in row.reason
    assert not ContactCount.objects.filter(count__gt=0).exists()
    assert not PaymentLink.objects.exists()


def test_an_unknown_fate_is_asked_about_and_found_sent(outbox, account, queued):
    outbox.set_faults(api="hang_up_after", times=1)
    row = send(queued)
    assert row.state == "sending"
    assert dispatch_due().claimed == 0
    expire_claims()
    sweep_leases()
    row.refresh_from_db()
    assert row.state in ("sent", "delivered")
    assert row.provider_reference
    assert len(outbox.messages()) == 1


def test_an_unknown_fate_that_never_arrived_is_sent_again_once(outbox, account, queued):
    outbox.set_faults(api="hang_up_before", times=1)
    assert send(queued).state == "sending"
    expire_claims()
    sweep_leases()
    queued.refresh_from_db()
    assert queued.state == "due"
    assert send(queued).state == "sent"
    assert len(outbox.messages()) == 1


def test_an_e_mail_of_unknown_fate_is_lost_rather_than_sent_twice(outbox, account):
    outbox.set_faults(smtp="drop_after_data", times=1)
    row = send(queue_reminder(account, channel="email"))
    assert row.state == "sending"
    expire_claims()
    sweep_leases()
    row.refresh_from_db()
    assert (row.state, row.reason) == ("failed", "fate_unknown")
    assert dispatch_due().claimed == 0
    assert len(outbox.messages()) <= 1


def test_a_provider_that_cannot_be_asked_is_asked_again_but_not_for_ever(outbox, queued, settings):
    outbox.set_faults(api="hang_up_after")
    send(queued)
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"
    channel.cache_clear()
    for _ in range(19):
        expire_claims()
        sweep_leases()
        queued.refresh_from_db()
        assert queued.state == "sending"
    expire_claims()
    sweep_leases()
    queued.refresh_from_db()
    assert (queued.state, queued.reason) == ("failed", "fate_unknown")


def test_a_live_claim_is_left_alone_even_when_the_sandbox_clock_jumps(outbox, queued, settings):
    settings.SANDBOX = True
    (mine,) = claim.claim_due(10)
    ClockShift.advance(timedelta(days=30), sandbox=True)
    assert sweep_leases() == 0
    assert mine.message_id == queued.pk


def test_an_unreachable_mail_server_is_waited_for(ready, account, settings):
    channel.cache_clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    row = send(queue_reminder(account, channel="email"))
    assert (row.state, row.reason) == ("due", "provider_down")


def test_a_message_nobody_can_receive_ends_with_a_reason(outbox):
    lonely = factories.account(reachable=False)
    row = send(queue_reminder(lonely, left=()))
    assert row.state == "blocked"
    assert "no working address" in row.reason


def test_the_second_number_is_used_when_the_first_is_dead(outbox, account, queued):
    ContactPoint.objects.filter(debtor=account.debtor, kind="phone").update(condition="invalid")
    other = factories.contact_point(account.debtor, kind="phone", position=1)
    send(queued)
    assert outbox.messages(to=other.value)


def test_a_link_the_person_asked_for_goes_out_at_once_and_only_once(outbox, account, always_open):
    ContactPolicy.objects.update(daily_cap=1)
    queue_message(account, purpose="payment_link", occasion="request:1", channels=("sms",))
    assert queue_message(account, purpose="payment_link", occasion="request:1", channels=("sms",)) is None
    dispatch_due()
    assert len(outbox.messages()) == 1
    assert not ContactCount.objects.exists()


def test_an_answer_a_person_waits_for_goes_before_the_reminders(account):
    """A thousand reminders may be due; the receipt is the next message to leave."""
    early = now() - timedelta(hours=5)
    Message.objects.create(
        account=account, debtor=account.debtor, purpose="overdue_friendly", occasion="a", channel="email", due_at=early
    )
    receipt = queue_message(account, purpose="receipt", occasion="b", channels=("email",), facts={})
    assert [taken.message_id for taken in claim.claim_due(1)] == [receipt.pk]
