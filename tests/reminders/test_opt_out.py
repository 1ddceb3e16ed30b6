"""Stop means stop: by text in several languages, by the link in an e-mail, at once, for everything that waits."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import Consent, Event
from reminders.channels.base import InboundText, Keyword
from reminders.inbound import receive_text
from reminders.models import InboundMessage, Message
from reminders.services import dispatch_due, plan_reminders, queue_message, withdraw_consent
from reminders.tokens import opt_out_url
from reminders.understanding.keywords import keyword_of
from reminders.understanding.refusals import refusal_in
from tests import factories
from tests.reminders.conftest import phone_of, queue_reminder
from tests.reminders.test_receipts import platform, until  # noqa: F401 - a fixture is used by its name

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")


def text_from(account, words: str, *, key: str = "SM-in-1", answered: bool = False) -> InboundText:
    number = phone_of(account)
    return InboundText(key, key, number, "+15005550006", words, keyword_of(words), answered)


def newest(account) -> Consent:
    return Consent.objects.filter(debtor=account.debtor).latest("id")


@pytest.mark.parametrize("words", ["STOP", "stop.", "Unsubscribe", "退订", "取消订阅", "ARRÊT", "baja", "Berhenti"])
def test_a_bare_stop_silences_everything(account, words):
    rows = [queue_reminder(account, channel=key, occasion=key) for key in ("sms", "email", "in_app")]
    receive_text(text_from(account, words))
    assert (newest(account).channel, newest(account).granted) == ("*", False)
    assert {Message.objects.get(pk=row.pk).state for row in rows} == {"cancelled"}
    assert plan_reminders(account.due_date).planned == 0


@pytest.mark.parametrize("words", ["please don't text me again", "别再给我发短信", "no more texts"])
def test_who_names_the_channel_ends_that_channel_and_only_that(account, words):
    by_text, by_mail = queue_reminder(account), queue_reminder(account, channel="email", occasion="mail")
    receive_text(text_from(account, words))
    assert (newest(account).channel, newest(account).granted) == ("sms", False)
    by_text.refresh_from_db()
    by_mail.refresh_from_db()
    assert (by_text.state, by_mail.state) == ("cancelled", "due")


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        ("please stop texting me", ""),
        ("Don’t text this number again", ""),
        ("No more messages!!", ""),
        ("remove me from your list", ""),
        ("别再发了", ""),
        ("請勿再傳簡訊", ""),
        ("Dejen de enviar mensajes", ""),
        ("stop all", "*"),
        ("STOP CONTACTING ME", "*"),
        ("leave me alone", "*"),
        ("不要再联系我", "*"),
        ("别再打扰我了", "*"),
        ("請勿再聯絡", "*"),
        ("I will pay on Friday", None),
        ("how much is it?", None),
        ("我星期五付款", None),
        ("I lost my job", None),
    ],
)
def test_free_words_are_understood_and_ordinary_answers_are_not_taken_for_refusals(words, scope):
    assert refusal_in(words) == scope


def test_asking_to_be_left_alone_silences_every_channel(account):
    rows = [queue_reminder(account, channel=key, occasion=key) for key in ("sms", "email", "in_app")]
    receive_text(text_from(account, "leave me alone"))
    assert newest(account).channel == "*"
    assert {Message.objects.get(pk=row.pk).state for row in rows} == {"cancelled"}
    assert plan_reminders(account.due_date).planned == 0


def test_a_refusal_counts_for_every_person_with_that_number(account):
    other = factories.account()
    factories.contact_point(other.debtor, kind="phone", value=phone_of(account))
    waiting = queue_reminder(other)
    receive_text(text_from(account, "STOP"))
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert Consent.objects.filter(granted=False).count() == 2


def test_the_same_webhook_twice_is_one_message(account):
    assert receive_text(text_from(account, "STOP"))
    assert receive_text(text_from(account, "STOP")) is None
    assert InboundMessage.objects.count() == 1
    assert Consent.objects.count() == 1


def test_what_people_write_is_kept_encrypted_and_readable(account):
    row = receive_text(text_from(account, "I lost my job \x00 😢"))
    assert InboundMessage.objects.get(pk=row.pk).text == "I lost my job  😢"
    assert "job" not in str(InboundMessage.objects.values_list("text", flat=True)[0])
    assert row.recognised == "hardship"
    assert Event.objects.filter(kind="message.received", debtor=account.debtor).exists()


def test_a_text_from_a_stranger_is_kept_and_harms_nobody(db):
    row = receive_text(InboundText("SM9", "SM9", "+4915100000000", "+15005550006", "STOP", Keyword.STOP))
    assert row is not None and row.debtor is None


def test_start_undoes_a_stop_but_yes_alone_grants_nothing(account):
    receive_text(text_from(account, "yes", key="1"))
    assert not Consent.objects.exists()
    receive_text(text_from(account, "STOP", key="2"))
    receive_text(text_from(account, "START", key="3"))
    assert newest(account).granted


def test_a_refusal_in_own_words_is_confirmed_once_and_a_carriers_keyword_is_not(outbox, account):
    receive_text(text_from(account, "stop all", key="1"))
    receive_text(text_from(account, "stop all!!", key="2"))
    dispatch_due()
    (text,) = outbox.messages(to=phone_of(account))
    assert "will not contact you any more" in text["text"]
    other = factories.account()
    receive_text(text_from(other, "STOP", key="3"))
    assert not Message.objects.filter(account=other).exists()


def test_an_answer_still_reaches_someone_who_stopped_texts_in_the_app(outbox, account):
    withdraw_consent(account.debtor, channel="sms", source="test")
    queue_message(account, purpose="payment_link", occasion="r", channels=("sms", "in_app"))
    for _ in range(2):
        dispatch_due()
    assert not outbox.messages()
    (row,) = Message.objects.filter(account=account)
    assert (row.channel, row.state) == ("in_app", "delivered")


def link_path(message: Message) -> str:
    return re.sub(r"^https?://[^/]+", "", opt_out_url(message))


def test_looking_at_the_unsubscribe_page_changes_nothing(client, account):
    page = client.get(link_path(queue_reminder(account, channel="email")))
    assert page.status_code == 200
    assert b"<form" in page.content
    assert not Consent.objects.exists()


def test_one_click_in_the_mail_program_ends_e_mails_at_once(account):
    message = queue_reminder(account, channel="email")
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(link_path(message), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert (newest(account).channel, newest(account).granted) == ("email", False)
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_everything_can_be_stopped_on_the_page(client, account):
    message = queue_reminder(account, channel="email")
    client.post(link_path(message), {"scope": "everything"})
    assert newest(account).channel == "*"


def test_a_changed_link_stops_nobody(client, account):
    path = link_path(queue_reminder(account, channel="email"))
    assert client.post(path[:-3] + "xx/").status_code == 404
    assert not Consent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_stop_typed_on_the_phone_silences_what_is_queued(platform, ready):  # noqa: F811 - the fixture
    account = factories.account()
    queue_reminder(account)
    dispatch_due()
    waiting = queue_reminder(account, occasion="later")
    platform.reply(from_=phone_of(account), text="STOP")
    until(lambda: Consent.objects.exists())
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"


def test_a_forged_stop_is_refused(outbox, client, account):
    fields = {"MessageSid": "SM1", "From": phone_of(account), "Body": "STOP", "AccountSid": "ACsandbox"}
    answer = client.post("/webhooks/sms/inbound/", fields, headers={"X-Twilio-Signature": "x"})
    assert answer.status_code == 403
    assert not Consent.objects.exists()
