"""The pages of senders' limits: what waits for room, and the pace that an administrator sets."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Event
from reminders.models import SendingLimit
from reminders.sending_limits import senders_now
from tests import factories
from tests.reminders.conftest import queue_reminder

pytestmark = pytest.mark.django_db
NUMBER = "+15005550006"


@pytest.fixture
def slow_number(settings):
    settings.TWILIO_FROM = NUMBER
    return SendingLimit.objects.create(channel="sms", sender=NUMBER, per_minute=9, room=3)


def test_an_administrator_sees_what_waits_and_sets_the_new_tier(slow_number, admin, sign_in):
    for _ in range(12):
        queue_reminder(factories.account())
    (now_,) = senders_now()
    assert (now_.waiting, now_.minutes) == (12, 2)
    browser = sign_in(admin)
    page = browser.get(reverse("sending_limits")).content.decode()
    assert NUMBER in page
    assert f"{reverse('message_list')}?state=due&amp;channel=sms" in page
    url = reverse("sending_limit_edit", args=[slow_number.pk])
    assert "Messages a minute" in browser.get(url).content.decode()
    told = {
        "tier": "Short code",
        "per_minute": "6000",
        "per_day": "",
        "reason": "Approved",
        "token": "t",
    }
    assert browser.post(url, told).status_code == 302
    slow_number.refresh_from_db()
    assert (slow_number.tier, slow_number.per_minute) == ("Short code", 6_000)
    event = Event.objects.get(kind="contact.sending_limit_changed")
    assert event.data["before"]["per_minute"] == 9
    assert event.data["why"] == "Approved"


def test_nothing_at_all_is_no_limit_anybody_may_set(slow_number, admin, sign_in):
    browser = sign_in(admin)
    told = {"tier": "", "per_minute": "0", "per_day": "", "reason": "", "token": "t"}
    page = browser.post(reverse("sending_limit_edit", args=[slow_number.pk]), told).content.decode()
    assert "Error:" in page
    slow_number.refresh_from_db()
    assert slow_number.per_minute == 9


def test_an_agent_may_not_change_a_limit(slow_number, sign_in):
    browser = sign_in(factories.user(role="agent"))
    assert browser.get(reverse("sending_limit_edit", args=[slow_number.pk])).status_code in (403, 404)
