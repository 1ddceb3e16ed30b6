"""Thin doors for the beat. Each may run twice at once, or not at all for a while, without harm."""

from __future__ import annotations

import logging

from celery import shared_task

from common.clock import today
from common.heartbeat import beat
from reminders import services
from reminders.calls.services import sweep_calls
from reminders.disputes.letters import release_answered
from reminders.lost_notices import HEARTBEAT, plan_lost_notices
from reminders.promise_reminders import plan_promise_reminders

logger = logging.getLogger(__name__)
ROUNDS_MAX = 2  # a morning of reminders must leave the worker to payments and webhooks between its batches


@shared_task(name="reminders.plan")
def plan() -> None:
    counts = services.plan_reminders(today())
    if counts.not_covered:
        logger.warning("no signed-off policy pack where these people are", extra={"accounts": counts.not_covered})
    plan_promise_reminders()
    beat("reminders.plan")


@shared_task(name="reminders.dispatch")
def dispatch() -> None:
    beat("reminders.dispatch")
    for _ in range(ROUNDS_MAX):
        if not services.dispatch_due().claimed:
            return


@shared_task(name="reminders.sweep")
def sweep() -> None:
    services.sweep_leases()
    services.follow_silence()
    sweep_calls()
    release_answered()
    plan_lost_notices()
    beat(HEARTBEAT)


@shared_task(name="reminders.debit_notices")
def debit_notices() -> None:
    services.plan_debit_notices()
    beat("reminders.debit_notices")


BEAT = {
    "reminders-plan": {"task": "reminders.plan", "schedule": 3600.0},
    "reminders-dispatch": {"task": "reminders.dispatch", "schedule": 10.0},
    "reminders-sweep": {"task": "reminders.sweep", "schedule": 30.0},
    "reminders-debit-notices": {"task": "reminders.debit_notices", "schedule": 20.0},
}
