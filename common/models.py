"""Rows that serve every app: the sandbox clock, heartbeats, remembered API answers."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from common import clock
from common.errors import Forbidden, InvalidInput


@cache
def _seen_table() -> list[bool]:
    return []


def _table_exists() -> bool:
    """Model defaults ask the time while the tables are still being made."""
    if not _seen_table():
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('common_clockshift') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return False
        _seen_table().append(True)
    return True


class ClockShift(models.Model):
    """How far the sandbox clock is ahead of the real one. One row; it only ever grows."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    ahead = models.DurationField(default=timedelta)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="clockshift_single_row"),
            models.CheckConstraint(condition=models.Q(ahead__gte=timedelta(0)), name="clockshift_forward_only"),
        ]

    def __str__(self) -> str:
        return f"clock ahead by {self.ahead}"

    @classmethod
    def current(cls) -> timedelta:
        if not _table_exists():
            return timedelta(0)
        row = cls.objects.filter(pk=1).values_list("ahead", flat=True).first()
        return row or timedelta(0)

    @classmethod
    def advance(cls, step: timedelta, *, sandbox: bool) -> timedelta:
        """Move the clock forward by `step` and return the new total; refused outside sandbox mode."""
        if not sandbox:
            raise Forbidden(_("The clock can be moved in sandbox mode only."))
        if step <= timedelta(0):
            raise InvalidInput(_("The clock only moves forward."), field="step")
        with transaction.atomic():
            cls.objects.get_or_create(pk=1)
            row = cls.objects.select_for_update().get(pk=1)
            row.ahead += step
            row.save(update_fields=["ahead"])
        clock.forget()
        return row.ahead


class Heartbeat(models.Model):
    """The last sign of life of a background process, in real time: readiness and metrics look here."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class IdempotencyRecord(models.Model):
    """The first answer to an API request that carried an Idempotency-Key; a repeat gets the same answer.

    Bound to method, path and body, so a reused key never replays another request's answer.
    """

    key = models.CharField(max_length=255)
    caller = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_caller_key")]

    def __str__(self) -> str:
        return self.key
