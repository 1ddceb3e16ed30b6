"""What Twilio says later, through its signed callbacks on real ports."""

from __future__ import annotations

import time

import pytest

from accounts.models import Consent
from common.clock import now
from compliance.models import ContactCount
from reminders.channels.base import Affects, DeliveryState, ReceiptEvent
from reminders.models import Message, Receipt
from reminders.receipts import record_receipt
from reminders.sandbox.testing import running_message_sandbox
from reminders.services import dispatch_due
from tests import factories
from tests.reminders.conftest import email_of, queue_reminder


@pytest.fixture
def platform(live_server, settings, ready):
    """The platform listening where the simulator's callbacks arrive."""
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    with running_message_sandbox(now=now, inbound_url=live_server.url + "/webhooks/sms/inbound/") as sandbox:
        yield sandbox


def until(happened, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


@pytest.mark.django_db(transaction=True)
def test_a_delivered_message_is_marked_and_its_number_known_to_work(platform, ready):
    account = factories.account()
    message = queue_reminder(account)
    dispatch_due()
    until(lambda: state_of(message) == "delivered")
    assert account.debtor.contact_points.get(kind="phone").condition == "working"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["duplicate", "out_of_order"])
def test_receipts_twice_or_in_the_wrong_order_end_in_the_same_state(platform, ready, fault):
    platform.set_faults(receipts=fault)
    message = queue_reminder(factories.account())
    dispatch_due()
    until(lambda: Receipt.objects.count() == 2)
    until(lambda: state_of(message) == "delivered")
    time.sleep(0.2)
    assert Receipt.objects.count() == 2
    assert state_of(message) == "delivered"


@pytest.mark.django_db(transaction=True)
def test_a_number_that_turns_out_dead_is_followed_by_e_mail(platform, ready):
    account = factories.account()
    platform.set_faults(receipts="undelivered", receipt_code="30005")
    message = queue_reminder(account)
    dispatch_due()
    until(lambda: state_of(message) == "failed")
    assert account.debtor.contact_points.get(kind="phone").condition == "invalid"
    assert not ContactCount.objects.filter(count__gt=0).exists()
    dispatch_due()
    assert platform.messages(to=email_of(account))


def event(message: Message, **fields) -> ReceiptEvent:
    defaults = {"dedupe_key": "SM1:x", "provider_ref": "SM1", "state": DeliveryState.DELIVERED}
    return ReceiptEvent(**defaults | {"message_id": str(message.pk)} | fields)


def test_a_receipt_that_overtakes_the_answer_counts_as_acceptance(queued):
    Message.objects.update(state="sending")
    assert record_receipt(event(queued)) == "applied"
    queued.refresh_from_db()
    assert (queued.state, queued.provider_reference) == ("delivered", "SM1")
    assert queued.sent_at


def test_a_receipt_for_another_providers_reference_is_not_believed(queued):
    Message.objects.update(state="sent", provider_reference="SM-ours")
    assert record_receipt(event(queued, provider_ref="SM-other")) == "unknown"
    assert state_of(queued) == "sent"


def test_a_bounce_after_delivery_is_believed_and_falls_back(queued):
    Message.objects.update(state="delivered", provider_reference="SM1")
    said = event(queued, state=DeliveryState.BOUNCED, dedupe_key="b", affects=Affects.ADDRESS, permanent=True)
    assert record_receipt(said) == "applied"
    assert state_of(queued) == "bounced"
    assert Message.objects.filter(channel="email", state="due").exists()
    assert record_receipt(said) == "repeated"
    assert Message.objects.filter(channel="email").count() == 1


def test_a_complaint_about_an_e_mail_ends_e_mails(account, ready):
    message = queue_reminder(account, channel="email", state="sent", provider_reference="<1@x>")
    waiting = queue_reminder(account, channel="email", occasion="later", state="due")
    said = event(message, provider_ref="<1@x>", state=DeliveryState.COMPLAINED, affects=Affects.OPT_OUT)
    record_receipt(said)
    assert Consent.objects.get().channel == "email"
    assert state_of(waiting) == "cancelled"


def test_a_forged_callback_changes_nothing(outbox, client, queued):
    Message.objects.update(state="sent", provider_reference="SM1")
    answer = client.post(
        f"/webhooks/sms/status/?message={queued.pk}",
        {"MessageSid": "SM1", "MessageStatus": "delivered", "AccountSid": "ACsandbox"},
        headers={"X-Twilio-Signature": "bm90IHJlYWw="},
    )
    assert answer.status_code == 403
    assert state_of(queued) == "sent"
    assert not Receipt.objects.exists()
