"""The words of notifications, WhatsApp and calls are written on the same pages as all others, within their limits."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reminders.dispatch.content import text_for
from reminders.message_texts.lint import lint
from reminders.message_texts.services import approve_text
from reminders.models import Template
from reminders.rendering.texts import TemplateText

pytestmark = pytest.mark.django_db


def address(name: str, key: str, channel: str, language: str = "en") -> str:
    return reverse(name, args=[key, channel, language])


def write(client, key: str, channel: str, **fields):
    defaults = {"why": "kinder", "token": "t"}
    return client.post(address("template_edit", key, channel), defaults | fields)


@pytest.mark.parametrize(
    ("key", "channel"),
    [("push_notice", "push"), ("overdue_friendly", "whatsapp"), ("call_open", "voice"), ("call_voicemail", "voice")],
)
def test_each_is_listed_shown_and_open_for_writing(installed, admin, sign_in, key, channel):
    client = sign_in(admin)
    listed = client.get(reverse("template_list"), {"language": "en", "channel": channel}).content.decode()
    assert address("template_page", key, channel) in listed
    assert client.get(address("template_page", key, channel)).status_code == 200
    assert client.get(address("template_edit", key, channel)).status_code == 200


def test_a_notification_is_sent_in_the_words_that_two_people_agreed_on(installed, admin, lead, sign_in):
    body = "{{ company }} has written to you: {{ link }}"
    assert write(sign_in(admin), "push_notice", "push", subject="News", body=body).status_code == 302
    assert text_for("overdue_friendly", channel="push", language="en").body != body
    approve_text(Template.objects.get(channel="push"), by=lead)
    sent = text_for("overdue_friendly", channel="push", language="en")
    assert (sent.subject, sent.body) == ("News", body)


@pytest.mark.parametrize(
    "body", ["{{ amount }} is due: {{ link }}", "{{ first_name }}, pay {{ creditor }}: {{ link }}"]
)
def test_a_notification_lies_open_on_a_table_and_names_no_debt(installed, admin, sign_in, body):
    answer = write(sign_in(admin), "push_notice", "push", subject="News", body=body)
    assert answer.status_code == 422 and "There is no variable" in answer.content.decode()


def test_a_notification_has_a_title_and_what_phones_cut_off_is_told(installed, admin, sign_in):
    client = sign_in(admin)
    assert write(client, "push_notice", "push", subject="", body="{{ link }}").status_code == 422
    assert write(client, "push_notice", "push", subject="News", body="x" * 301).status_code == 422
    long = lint(TemplateText("y" * 200, "News"), key="push_notice", channel="push", language="en")
    assert [one.code for one in long.warnings] == ["cut_off"] and not long.blocking


def test_whatsapp_says_what_text_messages_say_until_it_has_words_of_its_own(installed, admin, lead, sign_in):
    client = sign_in(admin)
    sms = text_for("overdue_friendly", channel="sms", language="en")
    assert text_for("overdue_friendly", channel="whatsapp", language="en") == sms
    assert sms.body[:20] in client.get(address("template_edit", "overdue_friendly", "whatsapp")).content.decode()
    body = "Hello {{ first_name }}, more room here: {{ link }} {{ opt_out }}"
    assert write(client, "overdue_friendly", "whatsapp", body=body).status_code == 302
    approve_text(Template.objects.get(channel="whatsapp"), by=lead)
    assert text_for("overdue_friendly", channel="whatsapp", language="en").body == body
    assert text_for("overdue_friendly", channel="sms", language="en") == sms


def test_whatsapp_keeps_its_limits(installed, admin, sign_in):
    client = sign_in(admin)
    assert write(client, "overdue_friendly", "whatsapp", body="No way out {{ link }}").status_code == 422
    assert write(client, "overdue_friendly", "whatsapp", body="x" * 1590 + "{{ opt_out }}").status_code == 422


def test_there_is_no_page_for_what_is_never_said(installed, admin, sign_in):
    for key, channel in (("push_notice", "sms"), ("overdue_friendly", "push"), ("call_open", "email")):
        assert sign_in(admin).get(address("template_page", key, channel)).status_code == 404
