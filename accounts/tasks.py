"""Thin doors to the accounts' background work."""

from __future__ import annotations

from celery import shared_task

from accounts.events import seal_events
from common.heartbeat import beat

BEAT = {"accounts-seal-events": {"task": "accounts.seal_events", "schedule": 60.0}}


@shared_task(name="accounts.seal_events")
def seal_events_task() -> None:
    while seal_events():
        pass
    beat("seal_events")
