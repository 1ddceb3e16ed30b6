"""Taking rows for work in batches, under a lease in real time: moving the sandbox clock cannot expire it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from common.clock import now
from reminders.dispatch.limits import rooms, take

LEASE = timedelta(minutes=5)  # longer than a whole batch may queue behind a slow provider
LEASE_SECONDS = LEASE.total_seconds()
RECHECK = timedelta(seconds=30)

_CLAIM_DUE = """
    UPDATE reminders_message SET state = 'sending', claimed_until = clock_timestamp() + make_interval(secs => %s),
        attempts = attempts + 1, body = '', provider_reference = ''
    WHERE id IN (
        SELECT first.id FROM unnest(%s::text[], %s::int[], %s::bool[]) AS room(channel, most, reminders)
        CROSS JOIN LATERAL (
            SELECT id, priority, due_at FROM reminders_message
            WHERE state = 'due' AND channel = room.channel AND due_at <= %s AND (priority = 0 OR room.reminders)
            ORDER BY priority, due_at, id LIMIT room.most FOR UPDATE SKIP LOCKED
        ) AS first
        ORDER BY first.priority, first.due_at, first.id LIMIT %s
    )
    RETURNING id, channel, claimed_until, debtor_id, priority, due_at
"""
_CLAIM_EXPIRED = """
    UPDATE reminders_message SET claimed_until = clock_timestamp() + make_interval(secs => %s)
    FROM (SELECT id AS expired_id FROM reminders_message
          WHERE state = 'sending' AND claimed_until < clock_timestamp()
          ORDER BY claimed_until LIMIT %s FOR UPDATE SKIP LOCKED) AS expired
    WHERE id = expired_id
    RETURNING id, channel, claimed_until, debtor_id
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
    debtor_id: UUID


@transaction.atomic
def claim_due(batch: int) -> list[Claim]:
    """The most urgent of what is due, of each channel no more than its sender may send now; the
    first comes first."""
    open_now = rooms(batch)
    columns = [[getattr(room, name) for room in open_now] for name in ("channel", "most", "reminders")]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_DUE, [LEASE_SECONDS, *columns, now(), batch])
        found = sorted(cursor.fetchall(), key=lambda row: (row[4], row[5], row[0]))
    claims = [Claim(*row[:4]) for row in found]
    take(Counter(claim.channel for claim in claims))
    return claims


def claim_expired(batch: int) -> list[Claim]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_EXPIRED, [LEASE_SECONDS, batch])
        return [Claim(*row) for row in cursor.fetchall()]


def renew(message_id: int, *, lease: timedelta = LEASE) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [lease.total_seconds(), message_id])
        until: datetime = cursor.fetchone()[0]
        return until
