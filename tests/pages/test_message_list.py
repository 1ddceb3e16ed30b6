"""The list of messages."""

from __future__ import annotations

from django.urls import reverse

from common.clock import now
from reminders.models import Message
from tests.pages.conftest import signed_in


def test_why_a_message_was_not_sent_is_told_in_the_readers_language(account, lead):
    Message.objects.create(
        account=account,
        debtor=account.debtor,
        purpose="overdue_friendly",
        occasion="then",
        channel="email",
        state="cancelled",
        reason="A payment arrived.",
        due_at=now(),
    )
    page = signed_in(lead).get(reverse("message_list"), headers={"accept-language": "zh-hans"}).content.decode()
    assert "A payment arrived." not in page and "已收到付款。" in page
