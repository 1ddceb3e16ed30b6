"""Thin doors to the accounts' background work."""

from __future__ import annotations

from celery import shared_task

from accounts.events import seal_events
from accounts.webhooks import deliver_due
from common.heartbeat import beat

BEAT = {
    "accounts-seal-events": {"task": "accounts.seal_events", "schedule": 60.0},
    "accounts-deliver-webhooks": {"task": "accounts.deliver_webhooks", "schedule": 5.0},
}


@shared_task(name="accounts.deliver_webhooks")
def deliver_webhooks() -> None:
    while deliver_due():
        pass
    beat("deliver_webhooks")


@shared_task(name="accounts.seal_events")
def seal_events_task() -> None:
    while seal_events():
        pass
    beat("seal_events")
