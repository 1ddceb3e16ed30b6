"""E-mail over SMTP: what arrives, what is refused, what is never sent."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from reminders.channels.base import Affects, Attachment, DeliveryState, Outcome
from reminders.channels.email_events import receipt_of
from reminders.channels.email_smtp import EmailChannel, build_email
from reminders.channels.errors import UnsafeHeader
from reminders.channels.smtp_codes import meaning_of
from reminders.sandbox.testing import free_port


def headers_of(item: dict) -> dict[str, str]:
    return {name.lower(): value for name, value in item["headers"]}


def test_what_was_written_arrives_in_both_forms_with_its_attachment(email, sandbox, mail):
    statement = Attachment("账单 2026.pdf", b"%PDF-1.7 not really", "application/pdf")
    result = email.send(replace(mail, subject="到期提醒", attachments=(statement,)))
    assert (result.outcome, result.state) == (Outcome.ACCEPTED, DeliveryState.SENT)
    item = sandbox.messages(to="maria@example.org", channel="email")[0]
    assert (item["subject"], item["text"].strip()) == ("到期提醒", "Hello Maria")
    assert "<b>Maria</b>" in item["html"]
    assert item["attachments"][0]["filename"] == "账单 2026.pdf"
    assert item["attachments"][0]["bytes"] == len(statement.content)


def test_the_reference_is_our_message_id(email, sandbox, mail):
    result = email.send(mail)
    headers = headers_of(sandbox.messages()[0])
    assert headers["message-id"] == result.provider_ref
    assert result.provider_ref.startswith("<m-2@")


def test_one_click_unsubscribing_is_offered(email, sandbox, mail):
    email.send(mail)
    headers = headers_of(sandbox.messages()[0])
    assert headers["list-unsubscribe"] == "<https://pay.example/stop/abc>"
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert headers["auto-submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("address", "reason", "permanent", "affects"),
    [
        ("bounce@example.org", "no_such_mailbox", True, Affects.ADDRESS),
        ("bounce+7@example.org", "no_such_mailbox", True, Affects.ADDRESS),
        ("disabled@example.org", "mailbox_disabled", True, Affects.ADDRESS),
        ("full@example.org", "mailbox_full", False, Affects.LATER),
        ("greylist@example.org", "provider_down", False, Affects.LATER),
        ("spam@example.org", "content_refused", True, Affects.TEMPLATE),
    ],
)
def test_a_refused_recipient_says_who_must_act(email, sandbox, mail, address, reason, permanent, affects):
    result = email.send(replace(mail, to=address))
    assert (result.outcome, result.reason) == (Outcome.REJECTED, reason)
    assert (result.permanent, result.affects) == (permanent, affects)
    assert sandbox.messages() == []


def test_one_bad_address_does_not_hold_up_the_others(email, sandbox, mail):
    batch = [
        replace(mail, message_id=f"m-{n}", to=to)
        for n, to in enumerate(["a@x.example", "bounce@x.example", "b@x.example"])
    ]
    results = {message.to: result.outcome for message, result in email.send_all(batch)}
    assert results == {
        "a@x.example": Outcome.ACCEPTED,
        "bounce@x.example": Outcome.REJECTED,
        "b@x.example": Outcome.ACCEPTED,
    }
    assert {item["to"] for item in sandbox.messages()} == {"a@x.example", "b@x.example"}


def test_a_line_that_breaks_after_the_last_dot_is_unknown_and_the_next_mail_still_goes(email, sandbox, mail):
    sandbox.set_faults(smtp="drop_after_data", times=1)
    first, second = mail, replace(mail, message_id="m-3", to="b@example.org")
    results = [result.outcome for _, result in email.send_all([first, second])]
    assert results == [Outcome.UNKNOWN, Outcome.ACCEPTED]
    assert len(sandbox.messages(to="maria@example.org")) == 1


def test_an_unknown_mail_is_never_declared_safe_to_send_again(email, mail):
    assert email.look_up(mail, sent_after=datetime.now(UTC)).outcome is Outcome.UNKNOWN


def test_a_mail_server_that_is_down_means_later(settings, mail):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    result = EmailChannel().send(mail)
    assert (result.outcome, result.affects, result.permanent) == (Outcome.REJECTED, Affects.LATER, False)


@pytest.mark.parametrize(
    ("backend", "host"),
    [
        ("django.core.mail.backends.smtp.EmailBackend", "mail.example.org"),
        ("anymail.backends.mailgun.EmailBackend", "127.0.0.1"),
    ],
)
def test_sandbox_mode_sends_no_mail_outside_this_machine(settings, mail, backend, host):
    settings.SANDBOX, settings.EMAIL_BACKEND, settings.EMAIL_HOST = True, backend, host
    result = EmailChannel().send(mail)
    assert (result.outcome, result.reason) == (Outcome.REJECTED, "not_configured")


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Due\r\nBcc: everyone@example.org"},
        {"subject": "Due\nX: y"},
        {"subject": "Due\u2028Bcc: everyone@example.org"},
        {"to": "maria@example.org\r\nBcc: everyone@example.org"},
        {"to": "maria@example.org, everyone@example.org"},
        {"to": "Maria <maria@example.org>"},
        {"to": "no address"},
        {"to": ""},
        {"from_": "us@example.org\nBcc: everyone@example.org"},
        {"headers": {"Bcc": "everyone@example.org"}},
        {"headers": {"Reply-To": "thief@example.org"}},
        {"headers": {"X-Ok\r\nBcc": "everyone@example.org"}},
        {"headers": {"X-Ok": "1\r\nBcc: everyone@example.org"}},
        {"headers": {"X Bad": "1"}},
        {"unsubscribe_url": "https://x.example/\r\nBcc: everyone@example.org"},
        {"language": "en\nBcc: everyone@example.org"},
        {"attachments": (Attachment("a\r\nBcc: everyone@example.org", b"x"),)},
    ],
)
def test_nothing_can_smuggle_in_a_header_or_a_recipient(email, sandbox, mail, change):
    with pytest.raises(UnsafeHeader):
        build_email(replace(mail, **change))
    assert email.send(replace(mail, **change)).permanent
    assert sandbox.messages() == []


def test_a_bad_address_is_blamed_on_the_address_and_a_bad_header_on_us(email, mail):
    assert email.send(replace(mail, to="no address")).affects is Affects.ADDRESS
    assert email.send(replace(mail, subject="a\nb")).affects is Affects.OPERATOR


def test_a_strange_message_id_cannot_leave_its_header(mail):
    email = build_email(replace(mail, message_id="1>\r\nBcc: x@example.org"))
    assert email.extra_headers["Message-ID"].count("@") == 1
    assert "\n" not in email.extra_headers["Message-ID"]


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (550, "5.1.1 unknown", "no_such_mailbox"),
        (550, "5.7.1 looks like spam", "content_refused"),
        (550, "go away", "no_such_mailbox"),
        (552, "5.2.2 full", "mailbox_full"),
        (421, "", "provider_down"),
        (499, "", "provider_down"),
        (599, "", "content_refused"),
    ],
)
def test_smtp_replies_are_read_from_the_most_exact_code(code, text, reason):
    assert meaning_of(code, text).reason == reason


def test_a_providers_bounce_event_becomes_a_receipt():
    event = SimpleNamespace(event_type="bounced", event_id="e1", message_id="p1", metadata={"message": "m-2"})
    receipt = receipt_of(event)
    assert (receipt.state, receipt.affects, receipt.message_id) == (DeliveryState.BOUNCED, Affects.ADDRESS, "m-2")


def test_an_opened_mail_is_no_evidence():
    assert receipt_of(SimpleNamespace(event_type="opened", event_id="e", message_id="p", metadata=None)) is None
