"""Taking rows for work in batches, under a lease in real time: moving the sandbox clock cannot expire it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from common.clock import now

LEASE = timedelta(minutes=5)  # longer than a whole batch may queue behind a slow provider
LEASE_SECONDS = LEASE.total_seconds()
RECHECK = timedelta(seconds=30)

_CLAIM_DUE = """
    UPDATE reminders_message SET state = 'sending', claimed_until = clock_timestamp() + make_interval(secs => %s),
        attempts = attempts + 1, body = '', provider_reference = ''
    WHERE id IN (SELECT id FROM reminders_message WHERE state = 'due' AND due_at <= %s
                 ORDER BY priority, due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING id, channel, claimed_until
"""
_CLAIM_EXPIRED = """
    UPDATE reminders_message SET claimed_until = clock_timestamp() + make_interval(secs => %s)
    FROM (SELECT id AS expired_id FROM reminders_message
          WHERE state = 'sending' AND claimed_until < clock_timestamp()
          ORDER BY claimed_until LIMIT %s FOR UPDATE SKIP LOCKED) AS expired
    WHERE id = expired_id
    RETURNING id, channel, claimed_until
"""
_RENEW = """
    UPDATE reminders_message SET claimed_until = clock_timestamp() + make_interval(secs => %s)
    WHERE id = %s RETURNING claimed_until
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """`until` doubles as the proof of ownership: whoever claims the row later changes it."""

    message_id: int
    channel: str
    until: datetime


def claim_due(batch: int) -> list[Claim]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_DUE, [LEASE_SECONDS, now(), batch])
        return [Claim(*row) for row in cursor.fetchall()]


def claim_expired(batch: int) -> list[Claim]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_EXPIRED, [LEASE_SECONDS, batch])
        return [Claim(*row) for row in cursor.fetchall()]


def renew(message_id: int, *, lease: timedelta = LEASE) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [lease.total_seconds(), message_id])
        until: datetime = cursor.fetchone()[0]
        return until
