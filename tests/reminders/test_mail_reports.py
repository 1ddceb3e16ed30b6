"""A mail provider reports what became of a mail: Postmark's own reports, through anymail's door."""

from __future__ import annotations

import base64
import importlib

import pytest

from accounts.models import Consent
from compliance.models import ContactCount
from reminders import urls_webhooks
from reminders.channels.base import OutboundMessage
from reminders.channels.email_smtp import build_email
from reminders.models import Message
from tests import factories
from tests.reminders.conftest import queue_reminder

SECRET = "mail:correct-horse"
DOOR = "/webhooks/mail/postmark/tracking/"


@pytest.fixture(autouse=True)
def door(settings):
    settings.ROOT_URLCONF = "tests.reminders.mail_urls"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


@pytest.fixture
def mailed(ready, account) -> Message:
    """A reminder the provider took, with another way to reach the person left."""
    return queue_reminder(
        account,
        channel="email",
        left=("sms",),
        state="sent",
        provider_reference="pm-1",
        contact_point=account.debtor.contact_points.get(kind="email"),
    )


def report(client, secret=SECRET, **fields):
    authorization = "Basic " + base64.b64encode(secret.encode()).decode()
    body = {"MessageID": "pm-1", "Recipient": "person@example.com", "Metadata": {}} | fields
    return client.post(DOOR, body, content_type="application/json", headers={"authorization": authorization})


def bounce(client, **fields):
    return report(client, **{"RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "TypeCode": 1} | fields)


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


def test_a_delivery_report_marks_the_message_and_the_address(client, mailed):
    assert report(client, RecordType="Delivery").status_code == 200
    assert state_of(mailed) == "delivered"
    assert mailed.debtor.contact_points.get(kind="email").condition == "working"


def test_a_hard_bounce_gives_the_address_up_and_another_channel_takes_over(client, mailed):
    bounce(client)
    assert state_of(mailed) == "bounced"
    assert mailed.debtor.contact_points.get(kind="email").condition == "invalid"
    assert Message.objects.filter(account=mailed.account, channel="sms", state="due").count() == 1


def test_a_bounce_told_twice_counts_once(client, mailed):
    bounce(client)
    bounce(client)
    assert mailed.receipts.count() == 1
    assert Message.objects.filter(account=mailed.account, channel="sms").count() == 1


def test_a_mail_that_was_blocked_does_not_cost_the_address(client, mailed):
    bounce(client, Type="Blocked", TypeCode=100006)
    assert state_of(mailed) == "failed"
    assert mailed.debtor.contact_points.get(kind="email").condition == "unknown"


def test_a_complaint_is_an_opt_out_from_mail(client, mailed):
    other = queue_reminder(factories.account(person=mailed.debtor, reachable=False), channel="email")
    assert bounce(client, RecordType="SpamComplaint", Type="SpamComplaint", TypeCode=100001).status_code == 200
    refusal = Consent.objects.get(debtor=mailed.debtor)
    assert (refusal.channel, refusal.granted) == ("email", False)
    assert state_of(other) == "cancelled"


def test_a_report_that_overtakes_our_own_note_finds_its_message_by_our_number(client, mailed):
    Message.objects.update(provider_reference="")
    bounce(client, Metadata={"message": str(mailed.pk)})
    assert state_of(mailed) == "bounced"


def test_every_mail_carries_our_number_for_the_report():
    mail = OutboundMessage(message_id="77", to="a@example.org", text="Hello", subject="Hello", language="en")
    assert vars(build_email(mail))["metadata"] == {"message": "77"}


@pytest.mark.parametrize("secret", ["mail:wrong", ""])
def test_a_forged_report_changes_nothing(client, mailed, plain_static_files, secret):
    assert bounce(client, secret=secret).status_code == 400
    assert state_of(mailed) == "sent" and not ContactCount.objects.exists()


def test_a_report_about_a_mail_of_somebody_else_is_ignored(client, mailed):
    assert bounce(client, MessageID="pm-unknown").status_code == 200
    assert state_of(mailed) == "sent"


@pytest.mark.parametrize(("secret", "doors"), [("", 0), (SECRET, 1)])
def test_there_is_no_door_without_a_secret(settings, secret, doors):
    settings.ANYMAIL = {"WEBHOOK_SECRET": secret}
    try:
        patterns = importlib.reload(urls_webhooks).urlpatterns
        assert sum("webhooks/mail/" in str(pattern.pattern) for pattern in patterns) == doors
    finally:
        settings.ANYMAIL = {}
        importlib.reload(urls_webhooks)
