"""Whoever doubts an e-mail of ours can check it on a page that needs no link, no sign-in and no script."""

from __future__ import annotations

import pytest

from reminders.services import dispatch_due
from tests.reminders.conftest import email_of, queue_reminder

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")


def test_each_mail_leads_to_the_page_and_the_page_says_how_to_check(outbox, client, account, settings):
    queue_reminder(account, channel="email", left=())
    dispatch_due()
    (mail,) = outbox.messages(to=email_of(account))
    assert f"{settings.PUBLIC_URL}/real/" in mail["text"]
    page = client.get("/real/")
    assert page.status_code == 200
    words = page.content.decode()
    assert "Is this message from us?" in words and f"{settings.PUBLIC_URL}/" in words
    assert account.debtor.name not in words and account.creditor.name not in words, "it knows nobody"


def test_it_is_there_in_chinese_too(client, db):
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/real/"})
    assert "这条消息是我们发的吗" in client.get("/real/").content.decode()
