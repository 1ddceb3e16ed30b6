"""WhatsApp and notifications reach only people who chose them, each time anew, and fall back where they do not."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from accounts.models import Consent, ContactPoint
from common.errors import InvalidInput
from payments.services import create_link
from reminders.channels.base import InboundText
from reminders.channels.config import public_key
from reminders.debtor_requests import choose_channel
from reminders.inbound import receive_text
from reminders.models import Message, Step
from reminders.push_subscriptions import switch_off, switch_on
from reminders.sandbox.testing import TEST_ACCOUNT
from reminders.sandbox.twilio_signing import sign
from reminders.services import dispatch_due, ensure_default_schedule, plan_reminders
from reminders.understanding.keywords import keyword_of
from tests.reminders.conftest import phone_of, queue_reminder

pytestmark = pytest.mark.usefixtures("ready")


@pytest.fixture
def link(account):
    return create_link(account)[0]


def dispatch_all() -> None:
    for _ in range(3):
        dispatch_due()


def subscribe(outbox, link) -> ContactPoint:
    return switch_on(link, subscription=json.dumps(outbox.subscribe(sender=public_key())))


def test_nobody_is_written_to_on_whatsapp_who_did_not_choose_it(outbox, account):
    message = queue_reminder(account, channel="whatsapp", left=("email",))
    dispatch_all()
    message.refresh_from_db()
    assert (message.channel, message.state) == ("email", "sent")


def test_a_creditors_yes_is_no_choice(outbox, account):
    Consent.objects.create(debtor=account.debtor, channel="whatsapp", granted=True, evidence={"source": "api"})
    message = queue_reminder(account, channel="whatsapp", left=())
    dispatch_all()
    message.refresh_from_db()
    assert message.state == "blocked"
    assert not outbox.messages()


def test_who_chose_whatsapp_is_written_to_there(outbox, account, link):
    choose_channel(link, channel="whatsapp", wanted=True)
    queue_reminder(account, channel="whatsapp", left=())
    dispatch_all()
    (sent,) = outbox.messages(to=phone_of(account))
    assert sent["to"] == f"whatsapp:{phone_of(account)}"
    assert "1,250.00" in sent["text"]


def test_stop_on_whatsapp_silences_and_is_confirmed_by_us(outbox, account, link):
    choose_channel(link, channel="whatsapp", wanted=True)
    number = phone_of(account)
    receive_text(InboundText("WA1", "WA1", number, "+15005550006", "STOP", keyword_of("STOP")), channel="whatsapp")
    queue_reminder(account, channel="whatsapp", left=())
    dispatch_all()
    (sent,) = outbox.messages(to=number)
    assert "We will not contact you any more" in sent["text"]


def test_planning_offers_chosen_channels_only_to_who_chose_them(account, link):
    Step.objects.filter(schedule=ensure_default_schedule()).update(channels=["push", "whatsapp", "email"])
    on = account.due_date
    plan_reminders(on + timedelta(days=40))
    assert Message.objects.get(account=account).channel == "email"
    Message.objects.all().delete()
    choose_channel(link, channel="whatsapp", wanted=True)
    plan_reminders(on + timedelta(days=40))
    row = Message.objects.get(account=account)
    assert (row.channel, row.channels_left) == ("whatsapp", ["email"])


def test_a_notification_says_nothing_of_the_debt(outbox, account, link):
    subscribe(outbox, link)
    message = queue_reminder(account, channel="push", left=())
    dispatch_all()
    message.refresh_from_db()
    assert message.state == "sent"
    (shown,) = outbox.messages(channel="push")
    assert shown["subject"] == "A message for you"
    assert "1,250" not in shown["text"] and "debt" not in shown["text"].lower()
    assert "/p/" in shown["text"].splitlines()[-1]


def test_a_subscription_that_is_gone_falls_back_and_is_not_used_again(outbox, account, link):
    point = subscribe(outbox, link)
    outbox.end_subscription(json.loads(point.value)["endpoint"])
    queue_reminder(account, channel="push", left=("email",))
    dispatch_all()
    point.refresh_from_db()
    assert point.condition == "invalid"
    assert set(Message.objects.values_list("channel", "state")) == {("push", "failed"), ("email", "sent")}


def test_switching_on_twice_is_one_way_and_off_ends_it(outbox, account, link):
    given = json.dumps(outbox.subscribe(sender=public_key()))
    for _ in range(2):
        switch_on(link, subscription=given)
    assert account.debtor.contact_points.filter(kind="app").count() == 1
    switch_off(link)
    message = queue_reminder(account, channel="push", left=())
    dispatch_all()
    message.refresh_from_db()
    assert message.state == "blocked"


@pytest.mark.parametrize("subscription", ["", "x" * 3000, "{}", '{"endpoint": "https://10.0.0.1/", "keys": {}}'])
def test_what_no_browser_hands_out_is_refused_by_name(outbox, link, subscription):
    with pytest.raises(InvalidInput, match="notifications"):
        switch_on(link, subscription=subscription)
    assert not Consent.objects.exists()


def test_the_worker_of_notifications_is_served_from_the_root(client):
    answer = client.get("/push-worker.js")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/javascript")


def test_a_text_by_whatsapp_comes_in_through_the_same_door(outbox, account, client, settings):
    settings.PUBLIC_URL = "http://testserver"
    said = {
        "AccountSid": TEST_ACCOUNT.sid,
        "MessageSid": "SM" + "7" * 32,
        "From": f"whatsapp:{phone_of(account)}",
        "To": "whatsapp:+15005550006",
        "Body": "don't text me again",
    }
    signature = sign("http://testserver/webhooks/sms/inbound/", said, auth_token=TEST_ACCOUNT.auth_token)
    answer = client.post(
        "/webhooks/sms/inbound/",
        urlencode(said),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    assert answer.status_code == 200
    refusal = Consent.objects.get(debtor=account.debtor)
    assert (refusal.channel, refusal.granted) == ("whatsapp", False)
