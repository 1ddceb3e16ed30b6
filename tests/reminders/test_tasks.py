"""The beat's doors do the work and leave a sign of life."""

from __future__ import annotations

from common.models import Heartbeat
from reminders import tasks
from reminders.models import Message


def test_the_ticks_plan_and_send_and_say_that_they_live(outbox, account):
    for tick in (tasks.plan, tasks.dispatch, tasks.sweep, tasks.debit_notices):
        tick()
    assert Message.objects.get().state == "sent"
    assert len(outbox.messages()) == 1
    names = {row["task"] for row in tasks.BEAT.values()}
    assert set(Heartbeat.objects.values_list("name", flat=True)) == names


def test_ticks_that_run_twice_do_nothing_twice(outbox, account):
    for tick in (tasks.plan, tasks.dispatch, tasks.plan, tasks.dispatch):
        tick()
    assert len(outbox.messages()) == 1
