"""The ground messages stand on in tests: the shipped texts and schedule, decent hours all day, real sandboxes."""

from __future__ import annotations

from datetime import date, time

import pytest

from common.clock import now
from compliance.models import ContactPolicy
from reminders.models import Message
from reminders.sandbox.testing import running_message_sandbox
from reminders.services import ensure_default_schedule, ensure_default_templates
from tests import factories


@pytest.fixture
def always_open(db):
    """Hours round the clock, so that tests do not depend on the time of day; caps as in real life."""
    factories.round_the_clock()
    return ContactPolicy.objects.create(
        name="Round the clock",
        window_start=time.min,
        window_end=time.max,
        daily_cap=1,
        weekly_cap=3,
        effective_from=date(2020, 1, 1),
    )


@pytest.fixture
def ready(always_open):
    """The schedule and texts of a fresh installation."""
    ensure_default_templates()
    return ensure_default_schedule()


@pytest.fixture
def outbox(ready):
    with running_message_sandbox(now=now) as sandbox:
        yield sandbox


@pytest.fixture
def plain_static_files(settings):
    """Pages without a collected manifest."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def queued(ready, account):
    """Wang Fang's reminder, due now, by text message first."""
    return queue_reminder(account)


def queue_reminder(account, *, channel="sms", left=("email", "in_app"), **fields):
    step = fields.pop("step") if "step" in fields else ensure_default_schedule().steps.get(offset_days=21)
    defaults = {
        "account": account,
        "debtor": account.debtor,
        "step": step,
        "purpose": step.template_key if step else "",
        "occasion": f"{account.due_date}:+21",
        "channel": channel,
        "channels_left": list(left),
        "due_at": now(),
    }
    return Message.objects.create(**defaults | fields)


def phone_of(account) -> str:
    return account.debtor.contact_points.get(kind="phone").value


def email_of(account) -> str:
    return account.debtor.contact_points.get(kind="email").value
