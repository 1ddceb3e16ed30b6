"""An e-mail whose template asks for it carries the itemised statement as a PDF; others, and other ways, do not."""

from __future__ import annotations

import pytest

from accounts.models import Account
from common.clock import now
from reminders.dispatch.statements import fitting
from reminders.models import Template
from reminders.rendering.texts import default_text
from reminders.rendering.validation import validate_template
from reminders.services import dispatch_due
from tests.reminders.conftest import email_of, phone_of, queue_reminder

pytestmark = pytest.mark.usefixtures("ready")


def mail_to(outbox, account: Account):
    dispatch_due()
    (mail,) = outbox.messages(to=email_of(account))
    return mail


def test_the_last_reminder_brings_the_statement_of_this_account(outbox, account):
    queue_reminder(account, channel="email", left=(), purpose="overdue_last")
    mail = mail_to(outbox, account)
    (file,) = mail["attachments"]
    assert (file["filename"], file["mime_type"]) == (f"statement-{account.reference}.pdf", "application/pdf")
    assert 5_000 < file["bytes"] < 500_000
    assert file["filename"] in mail["text"]


def test_a_template_that_does_not_ask_brings_nothing(outbox, account):
    queue_reminder(account, channel="email", left=())
    assert mail_to(outbox, account)["attachments"] == []


def test_an_approved_text_of_ones_own_may_ask_too(outbox, account):
    words = "Hello {{ first_name }},\n\nsee {{ statement }}\n\n{{ link }}"
    fields = {"key": "overdue_firm", "channel": "email", "language": "en", "version": 9, "subject": "Your account"}
    Template.objects.create(**fields, body=words, approved_at=now())
    queue_reminder(account, channel="email", left=())
    assert len(mail_to(outbox, account)["attachments"]) == 1


@pytest.mark.parametrize("channel", ["sms", "in_app", "whatsapp"])
def test_a_text_that_cannot_carry_it_is_refused_when_it_is_saved(channel):
    text = "{{ company }}: {{ statement }} {{ link }} {{ opt_out }}"
    assert "no_attachment" in {problem.code for problem in validate_template(text, channel)}
    assert "no_attachment" not in {problem.code for problem in validate_template(text, "email")}


def test_a_letter_in_the_same_words_does_not_speak_of_it():
    text = default_text("overdue_last", channel="letter", language="en")
    assert "statement" in text.body
    assert "statement" not in fitting(text, "letter").body and "{{ link }}" in fitting(text, "letter").body


def test_a_text_message_of_the_same_reminder_goes_out_without(outbox, account):
    queue_reminder(account, channel="sms", left=(), purpose="overdue_last")
    dispatch_due()
    assert len(outbox.messages(to=phone_of(account))) == 1
