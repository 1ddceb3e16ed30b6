"""People answer our e-mails: Postmark's own posts, through anymail's door, read like a text message.

Only the address our mail carries counts as the person; a sender's name can be written by anybody.
"""

from __future__ import annotations

import base64
import json

import pytest

from accounts.models import Consent, Hold
from reminders.channels.base import OutboundMessage
from reminders.channels.email_smtp import build_email
from reminders.channels.reply_address import message_answered, reply_address
from reminders.mail_in.own_words import own_subject, own_words, text_of_html
from reminders.models import Complaint, Conversation, InboundMessage, Message
from tests import factories
from tests.reminders.conftest import email_of, queue_reminder
from tests.reminders.test_conversations import answer_to, dispatch_all, holds_of, thread_of

SECRET = "mail:correct-horse"
DOOR = "/webhooks/mail/postmark/inbound/"
OUR_MAIL = "Hello Wang Fang,\n\nCN¥1,250.00 is open.\n\nStop e-mails like this one: https://pay.example/stop/abc/"


@pytest.fixture(autouse=True)
def door(settings):
    settings.ROOT_URLCONF = "tests.reminders.mail_urls"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    settings.INBOUND_MAIL_DOMAIN = "answers.example"


@pytest.fixture
def mailed(ready, account) -> Message:
    """A reminder she got."""
    point = account.debtor.contact_points.get(kind="email")
    message = queue_reminder(account, channel="email", state="delivered", contact_point=point)
    message.subject, message.body = "CN¥1,250.00 is still open", OUR_MAIL
    message.save()
    return message


def post(client, *, to: str, text: str = "", secret: str = SECRET, **fields):
    authorization = "Basic " + base64.b64encode(secret.encode()).decode()
    sender = fields.pop("sender", "wang@example.com")
    headers = fields.pop("headers", {})
    body = {
        "FromFull": {"Email": sender, "Name": "Wang Fang"},
        "ToFull": [{"Email": to, "Name": ""}],
        "OriginalRecipient": to,
        "Subject": "Re: CN¥1,250.00 is still open",
        "MessageID": f"pm-{to}-{text[:60]}",
        "TextBody": text,
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
    } | fields
    return client.post(
        DOOR, json.dumps(body), content_type="application/json", headers={"authorization": authorization}
    )


def answer(client, mailed: Message, text: str, **fields) -> InboundMessage | None:
    known = set(InboundMessage.objects.values_list("pk", flat=True))
    assert post(client, to=reply_address(str(mailed.pk)), text=text, **fields).status_code == 200
    return InboundMessage.objects.exclude(pk__in=known).first()


def test_every_mail_of_ours_carries_an_address_of_its_own_for_the_answer(settings):
    mail = build_email(OutboundMessage(message_id="7", to="a@example.com", text="x", subject="y"))
    (address,) = mail.reply_to
    assert address.endswith("@answers.example") and len(address.partition("@")[0]) <= 64
    assert message_answered([address.upper()]) == 7
    settings.INBOUND_MAIL_DOMAIN = ""
    assert not build_email(OutboundMessage(message_id="7", to="a@example.com", text="x", subject="y")).reply_to


def test_a_guessed_or_changed_address_names_nothing(settings):
    address = reply_address("7")
    changed = address.replace(address[6], "b" if address[6] != "b" else "c", 1)
    last = address.partition("@")[0]
    for forged in (
        changed,
        "reply+@answers.example",
        "reply+%%@answers.example",
        last + "@other.example",
        "",
        "reply+7",
    ):
        assert message_answered([forged]) is None


def test_i_lost_my_job_by_mail_leads_to_hardship_and_an_answer_by_mail(outbox, client, mailed):
    row = answer(client, mailed, "Hello, I lost my job last month.")
    assert (row.channel, row.recognised, row.debtor) == ("email", "hardship", mailed.debtor)
    assert holds_of(mailed.account) == {"hardship"}
    assert thread_of(mailed.account).state == "waiting"
    dispatch_all()
    (mail,) = outbox.messages(to=email_of(mailed.account))
    assert "/hardship/" in mail["text"] or "/p/" in mail["text"]
    assert mail["subject"]


def test_stop_in_the_subject_or_the_body_stops(client, mailed):
    answer(client, mailed, "", Subject="STOP")
    assert Consent.objects.filter(debtor=mailed.debtor, granted=False, channel="*").exists()


@pytest.mark.parametrize(
    "quote",
    [
        "\n\nOn Mon, 2 Nov 2026 at 10:00, Harbour <help@answers.example> wrote:\n> " + OUR_MAIL.replace("\n", "\n> "),
        "\n\n-----Original Message-----\n" + OUR_MAIL,
        "\n\n" + OUR_MAIL,
        "\n\n发件人: Harbour Bank\n" + OUR_MAIL,
    ],
)
def test_our_own_stop_link_in_the_quote_is_not_their_wish(client, mailed, quote):
    row = answer(client, mailed, "How much do I owe?" + quote)
    assert row.text == "How much do I owe?"
    assert not Consent.objects.filter(debtor=mailed.debtor, granted=False).exists()
    assert answer_to(mailed.account) is not None


def test_who_writes_from_a_known_mailbox_without_our_address_is_protected_and_told_nothing(outbox, client, mailed):
    other = factories.account()
    post(client, to="help@answers.example", text="How much do I owe?", sender=email_of(other), Subject="hello")
    assert answer_to(other) is None
    assert thread_of(other).state == "waiting"
    post(client, to="help@answers.example", text="STOP", sender=email_of(other), Subject="hello")
    assert Consent.objects.filter(debtor=other.debtor, granted=False).exists()
    dispatch_all()
    assert not [mail for mail in outbox.messages(to=email_of(other)) if "1,250" in mail["text"]]


def test_a_stranger_is_kept_for_nobody_and_harms_nobody(client, mailed):
    post(client, to="help@answers.example", text="STOP", sender="stranger@example.com")
    row = InboundMessage.objects.get()
    assert row.debtor is None
    assert not Consent.objects.exists() and not Hold.objects.exists()


def test_the_door_is_shut_without_the_secret(client, mailed):
    sent = post(client, to=reply_address(str(mailed.pk)), text="STOP", secret="mail:wrong")
    assert sent.status_code == 400
    assert not InboundMessage.objects.exists()


def test_the_same_mail_twice_counts_once(client, mailed):
    for _ in range(2):
        post(
            client, to=reply_address(str(mailed.pk)), text="I want to make a complaint", headers={"Message-ID": "<1@x>"}
        )
    assert InboundMessage.objects.count() == Complaint.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"Return-Path": "<>"},
        {"List-Id": "<list.example>"},
    ],
)
def test_answering_machines_and_lists_are_not_heard(client, mailed, headers):
    assert answer(client, mailed, "I am away. Please stop, I lost my job", headers=headers) is None
    assert not Hold.objects.exists() and not Conversation.objects.exists()


@pytest.mark.parametrize("sender", ["MAILER-DAEMON@example.com", "no-reply@example.com", "reply+x@answers.example"])
def test_robots_and_our_own_mail_coming_back_are_not_heard(client, mailed, sender):
    assert answer(client, mailed, "stop", sender=sender) is None


def test_a_report_of_a_bounce_gives_the_address_up_and_another_way_takes_over(client, mailed):
    report = (
        "From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nno such user, stop\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; a@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    to = reply_address(str(mailed.pk))
    post(client, to=to, RawEmail=report.format(to=to))
    mailed.refresh_from_db()
    assert mailed.state == "bounced"
    assert mailed.debtor.contact_points.get(kind="email").condition == "invalid"
    assert (
        Message.objects.filter(account=mailed.account, state="due", channel="in_app").exists() or mailed.channels_left
    )
    assert not InboundMessage.objects.exists()


def test_attachments_are_counted_and_never_kept(client, mailed):
    evil = {
        "Name": "..\\..\\invoice.exe\r\nX: y",
        "ContentType": "application/x-msdownload",
        "Content": "TVqQAAMAAAAEAAAA",
    }
    row = answer(client, mailed, "see the file", Attachments=[evil, evil])
    assert row.understood["attachments"] == 2
    assert "invoice" not in json.dumps(row.understood) + row.text


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "\u202eegassem terces\u202c \u2066hi\u2069 \ufeff",
        "\x00\x01\x07 hello \x1b[31m",
        "🙂" * 5_000,
        "hi\r\nBcc: all@example.com\r\n\r\n",
        "مرحبا كم المبلغ",
    ],
)
def test_hostile_bodies_are_kept_shortened_and_break_nothing(client, mailed, text):
    row = answer(client, mailed, text)
    assert row is not None and len(row.text) <= 10_000 and "\x00" not in row.text


@pytest.mark.parametrize("charset", ["x-nobody-knows", "utf-7", "gb18030", "iso-2022-jp"])
def test_a_mail_in_an_odd_character_set_is_read_as_far_as_it_can_be(client, mailed, charset):
    to = reply_address(str(mailed.pk))
    raw = f"From: w@example.com\r\nTo: {to}\r\nContent-Type: text/plain; charset={charset}\r\n\r\nSTOP\r\n"
    answer(client, mailed, "", RawEmail=raw)
    assert Consent.objects.filter(debtor=mailed.debtor, granted=False).exists()


def test_a_stop_at_the_end_of_a_hundred_thousand_characters_is_heard(client, mailed):
    answer(client, mailed, "bla " * 25_000 + "\nplease stop contacting me")
    assert Consent.objects.filter(debtor=mailed.debtor, granted=False).exists()


@pytest.mark.parametrize("subject", ["x\r\n Bcc: all@example.com", "=?utf-8?q?x=0D=0ABcc:_all@example.com?="])
def test_a_subject_that_injects_headers_reaches_no_mail_of_ours(outbox, client, mailed, subject):
    to = reply_address(str(mailed.pk))
    raw = f"From: w@example.com\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nHow much do I owe?\r\n"
    assert answer(client, mailed, "", RawEmail=raw) is not None
    dispatch_all()
    for mail in outbox.messages(to=email_of(mailed.account)):
        assert not any(name.lower() == "bcc" for name, _value in mail["headers"])


def test_a_mail_of_html_alone_is_read_without_its_quotes_and_scripts():
    html = (
        "<html><head><style>p{}</style><title>x</title></head><body><p>I want to talk to a person</p>"
        '<script>alert("stop")</script><blockquote><div>stop <blockquote>all</blockquote></div></blockquote>'
        '<div class="gmail_quote"><div>unsubscribe</div>stop</div></body>'
    )
    assert own_words(text_of_html(html)) == "I want to talk to a person"


def test_an_answers_own_subject_says_nothing_and_another_one_does():
    assert own_subject("RE: AW: 回复：open", ours="x") == ""
    assert own_subject("still open", ours="still open") == ""
    assert own_subject("I lost my job", ours="still open") == "I lost my job"


def test_an_agent_answers_by_mail_with_the_figures_filled_and_the_way_out(outbox, client, mailed, agent):
    from reminders.conversations.replying import send_reply

    answer(client, mailed, "the blue one please")
    send_reply(thread_of(mailed.account), text="Which one? {{ balance }} is open. {{ link }}", by=agent, token="once")
    dispatch_all()
    (mail,) = outbox.messages(to=email_of(mailed.account))
    assert mailed.account.reference in mail["subject"]
    assert "Which one? CN¥1,250.00 is open." in mail["text"]
    headers = {name.lower(): value for name, value in mail["headers"]}
    assert "list-unsubscribe" in headers and headers["reply-to"].startswith("reply+")
