"""A sign of life from each periodic task, in real time: the sandbox clock may be a month ahead."""

from __future__ import annotations

from datetime import timedelta

from common import clock
from common.models import Heartbeat


def beat(name: str) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": clock.real_now()})


def age(name: str) -> timedelta | None:
    """Since the last beat, or None if there never was one."""
    row = Heartbeat.objects.filter(name=name).first()
    return clock.real_now() - row.beat_at if row else None
