"""Moving the sandbox clock makes due work happen at once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from common import clock
from common.clock_moves import advance
from common.errors import Forbidden, InvalidInput
from common.models import ClockShift

LIST_THE_SCHEDULE = """
import django; django.setup()
from celery import current_app
current_app.finalize()
print(sorted(entry["task"] for entry in current_app.conf.beat_schedule.values()))
"""


@pytest.fixture
def sent(monkeypatch, settings):
    settings.SANDBOX = True
    settings.WALLET_SANDBOX_URL = "http://127.0.0.1:9"  # nobody there: the move must not depend on it
    names = []
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda app, name, *_, **__: names.append(name))
    return names


def test_every_periodic_task_is_asked_to_look_now(db, sent):
    before = clock.now()
    advance(timedelta(days=2))
    assert clock.now() - before >= timedelta(days=2)
    assert {"reminders.plan", "reminders.dispatch", "payments.debit_due", "accounts.deliver_webhooks"} <= set(sent)


def test_a_fresh_process_knows_the_schedule():
    done = subprocess.run([sys.executable, "-c", LIST_THE_SCHEDULE], capture_output=True, text=True, timeout=60)
    assert "reminders.plan" in done.stdout, done.stderr


@pytest.mark.parametrize("step", [timedelta(0), timedelta(hours=-1)])
def test_the_clock_never_goes_back(db, sent, step):
    with pytest.raises(InvalidInput):
        advance(step)


def test_outside_the_sandbox_the_clock_cannot_be_moved(db, settings):
    settings.SANDBOX = False
    with pytest.raises(Forbidden):
        advance(timedelta(days=1))
    assert ClockShift.current() == timedelta(0)
