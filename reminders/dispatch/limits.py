"""How many messages each channel may send at this moment, by its sender's limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from reminders.channels.senders import current_senders
from reminders.models import CHANNELS

BURST_SECONDS = 20  # two ticks of the beat: what an idle sender may send in one go
REMINDERS_SHARE = 0.9  # of a day: the rest is kept for receipts, notices and answers

# Rows are locked in one order, so that two workers never wait for each other.
_REFILL = """
    WITH own AS (
        SELECT id FROM reminders_sendinglimit
        WHERE (channel, sender) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY id FOR UPDATE
    )
    UPDATE reminders_sendinglimit SET
        room = LEAST(GREATEST(per_minute * %s / 60.0, 1),
                     room + per_minute * GREATEST(EXTRACT(EPOCH FROM clock_timestamp() - counted_at), 0) / 60.0),
        counted_at = clock_timestamp(),
        taken = CASE WHEN day = (clock_timestamp() AT TIME ZONE 'UTC')::date THEN taken ELSE 0 END,
        day = (clock_timestamp() AT TIME ZONE 'UTC')::date
    WHERE id IN (SELECT id FROM own)
    RETURNING channel, floor(room)::int, per_day, taken
"""
_TAKE = """
    UPDATE reminders_sendinglimit SET room = room - used.number, taken = GREATEST(taken + used.number, 0)
    FROM unnest(%s::text[], %s::text[], %s::int[]) AS used(channel, sender, number)
    WHERE reminders_sendinglimit.channel = used.channel AND reminders_sendinglimit.sender = used.sender
"""


@dataclass(frozen=True, slots=True)
class Room:
    """`most` messages may leave now; reminders only while the day's share of them is not used up."""

    channel: str
    most: int
    reminders: bool = True


def rooms(batch: int) -> list[Room]:
    """Every channel that may send something now. Call it inside the transaction that claims: limits stay locked."""
    senders = current_senders()
    with connection.cursor() as cursor:
        cursor.execute(_REFILL, [list(senders), list(senders.values()), BURST_SECONDS])
        limited = {channel: _room(batch, channel, *rest) for channel, *rest in cursor.fetchall()}
    found = [limited.get(channel, Room(channel, batch)) for channel, _ in CHANNELS]
    return [room for room in found if room.most > 0]


def _room(batch: int, channel: str, room: int, per_day: int | None, taken: int) -> Room:
    if per_day is None:
        return Room(channel, min(batch, room))
    return Room(channel, min(batch, room, per_day - taken), reminders=taken < per_day * REMINDERS_SHARE)


def take(numbers: Mapping[str, int]) -> None:
    """Use up room; negative numbers give back what was claimed and did not leave. Channels without a limit: nothing."""
    senders = current_senders()
    used = sorted((channel, senders[channel], number) for channel, number in numbers.items() if channel in senders)
    if used:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [list(column) for column in zip(*used, strict=True)])
