"""A dispatcher killed with SIGKILL, for real: nobody gets a message twice, and none is forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings

from compliance.models import ContactCount
from reminders.models import Message
from reminders.sandbox.testing import TEST_ACCOUNT
from reminders.services import dispatch_due, sweep_leases
from tests import factories
from tests.reminders.conftest import phone_of, queue_reminder

ROOT = Path(__file__).resolve().parents[2]


def environment(sandbox) -> dict[str, str]:
    database = django_settings.DATABASES["default"]
    user = quote(database["USER"] or "postgres")
    password = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
    port = f":{database['PORT']}" if database["PORT"] else ""
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{user}{password}@{quote(database['HOST'], safe='')}{port}/{database['NAME']}",
        "DJANGO_SETTINGS_MODULE": "collections_platform.settings",
        "SANDBOX": "1",
        "DATA_DIR": str(django_settings.DATA_DIR),
        "SECRETS_DIR": str(django_settings.SECRETS_DIR),
        "MESSAGE_SANDBOX_URL": sandbox.url,
        "TWILIO_ACCOUNT_SID": TEST_ACCOUNT.sid,
        "TWILIO_AUTH_TOKEN": TEST_ACCOUNT.auth_token,
    }


def kill_a_dispatcher(sandbox, point: str) -> None:
    """Starts one, waits until it stands at `point`, and kills it there."""
    command = [sys.executable, "-m", "tests.reminders.dispatcher_that_hangs", point]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(sandbox), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert any(line == "here\n" for line in process.stdout), "the dispatcher ended before it got there"
    finally:
        process.kill()
        process.wait()


def recover() -> None:
    Message.objects.filter(state="sending").update(claimed_until="2020-01-01T00:00:00Z")
    sweep_leases()
    for _ in range(2):
        dispatch_due()


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_the_call_and_before_the_commit_sends_nothing_twice(outbox):
    account = factories.account()
    message = queue_reminder(account, left=())
    kill_a_dispatcher(outbox, "after_the_call")
    message.refresh_from_db()
    assert message.state == "sending"
    assert len(outbox.messages(to=phone_of(account))) == 1
    recover()
    message.refresh_from_db()
    assert message.state in ("sent", "delivered")
    assert len(outbox.messages(to=phone_of(account))) == 1
    assert sum(ContactCount.objects.values_list("count", flat=True)) == 1


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_before_the_call_forgets_nothing(outbox):
    account = factories.account()
    message = queue_reminder(account, left=())
    kill_a_dispatcher(outbox, "before_the_call")
    assert not outbox.messages()
    recover()
    message.refresh_from_db()
    assert message.state in ("sent", "delivered")
    assert len(outbox.messages(to=phone_of(account))) == 1
    assert sum(ContactCount.objects.values_list("count", flat=True)) == 1
