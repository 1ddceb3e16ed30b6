"""The agents' pages of conversations, calls and letters in a real browser: accessible, and no wider than the screen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from compliance.models import ContactPolicy
from reminders.models import CallTask, Conversation, Message, SendingLimit
from reminders.services import dispatch_due
from tests import factories
from tests.pages.looking import complaints_about
from tests.pages.test_browser import open_page
from tests.pages.test_browser import pytestmark as in_a_browser
from tests.reminders.conftest import always_open, queue_reminder
from tests.reminders.test_conversations import write

pytestmark = in_a_browser
__all__ = ["always_open", "open_page"]


@pytest.fixture
def addresses(installed, always_open):
    """Somebody who lost their job and waits for us, a call to make, and a letter to print."""
    ContactPolicy.objects.exclude(pk=always_open.pk).delete()
    anna, bo, carl = (factories.account() for _ in range(3))
    write(anna, "I lost my job, and the blue one was nicer")
    queue_reminder(bo, channel="voice")
    factories.contact_point(carl.debtor, kind="address", value="12 Harbour Road\nLondon E14 9SH")
    queue_reminder(carl, channel="letter")
    dispatch_due()
    limit = SendingLimit.objects.create(
        channel="sms", sender="+15005550006", tier="Short code", per_minute=60, per_day=90
    )
    queue_reminder(factories.account())
    return {
        "list": reverse("conversation_list"),
        "thread": reverse("conversation_page", args=[Conversation.objects.get().pk]) + "?draft=answer_hardship",
        "calls": reverse("call_list"),
        "call": reverse("call_page", args=[CallTask.objects.get().pk]),
        "letters": reverse("letter_list"),
        "messages": reverse("message_list"),
        "message": reverse("message_page", args=[Message.objects.exclude(facts__decision=None).latest("pk").pk]),
        "timeline": reverse("account_page", args=[carl.reference]),
        "limits": reverse("sending_limits"),
        "limit": reverse("sending_limit_edit", args=[limit.pk]),
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_contact_are_accessible_and_fit(addresses, open_page, live_server, monkeypatch, language):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    root = factories.user(role="admin", language=language)
    assert complaints_about(addresses, user=root, open_page=open_page, url=live_server.url) == []
