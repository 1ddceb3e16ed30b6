"""Writing, sealing and verifying the business record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from accounts.models import Account, Creditor, Debtor, Event, EventSeal, User
from accounts.webhooks.announce import announce
from common.bulk import insert_rows
from common.rows import new_row

GENESIS = bytes(32)
BLOCK_EVENTS_MAX = 200_000

# One line per event, in an order that never changes once its transaction is over.
_DIGEST_SQL = """
    SELECT count(*), coalesce(sha256(string_agg(sha256(convert_to(
        jsonb_build_array(id, kind, account_id, debtor_id, creditor_id, actor_id, source, data,
                          extract(epoch from happened_at), xid)::text, 'UTF8')),
        ''::bytea ORDER BY xid, id)), ''::bytea)
    FROM accounts_event WHERE xid >= %s AND xid < %s
"""


def new_event(
    kind: str,
    *,
    account: Account | None = None,
    debtor: Debtor | None = None,
    creditor: Creditor | None = None,
    actor: User | None = None,
    source: str = "system",
    **data: Any,
) -> Event:
    """One fact for `record_events`; nothing is written yet."""
    return new_row(
        Event,
        kind=kind,
        account=account,
        debtor_id=debtor.pk if debtor else account.debtor_id if account else None,
        creditor_id=creditor.pk if creditor else account.creditor_id if account else None,
        actor=actor,
        source=source,
        data=data,
    )


def record_events(events: Sequence[Event]) -> None:
    """Append facts to the record, in this order, and queue the notices they cause; two statements or three for any
    number. Call it in the transaction of the changes."""
    insert_rows(events)
    announce(*events)


def record_event(
    kind: str,
    *,
    account: Account | None = None,
    debtor: Debtor | None = None,
    creditor: Creditor | None = None,
    actor: User | None = None,
    source: str = "system",
    **data: Any,
) -> Event:
    """Append one fact to the record and queue the notices it causes. Call it in the transaction of the change."""
    event = new_event(kind, account=account, debtor=debtor, creditor=creditor, actor=actor, source=source, **data)
    record_events([event])
    return event


def _digest(from_xid: int, upto_xid: int) -> tuple[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST_SQL, [from_xid, upto_xid])
        count, digest = cursor.fetchone()
    return count, bytes(digest)


def _chain(previous: bytes, *, from_xid: int, upto_xid: int, count: int, digest: bytes) -> bytes:
    return hashlib.sha256(previous + b"%d|%d|%d|" % (from_xid, upto_xid, count) + digest).digest()


def _next_block_end(from_xid: int) -> int:
    """The first transaction not in the next block: every earlier one is over, so nothing can still slip in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT xid FROM accounts_event WHERE xid >= %s ORDER BY xid OFFSET %s LIMIT 1) + 1,"
            " 9223372036854775807), pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
            [from_xid, BLOCK_EVENTS_MAX],
        )
        full, horizon = cursor.fetchone()
    return min(full, horizon)


@transaction.atomic
def seal_events() -> EventSeal | None:
    """Close one block of committed events and chain it to the last. None when there is nothing new to seal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('seal_events'))")
    last = EventSeal.objects.order_by("-number").first()
    from_xid = last.upto_xid if last else 0
    upto_xid = _next_block_end(from_xid)
    count, digest = _digest(from_xid, upto_xid)
    if not count:
        return None
    previous = bytes(last.hash) if last else GENESIS
    return EventSeal.objects.create(
        from_xid=from_xid,
        upto_xid=upto_xid,
        count=count,
        digest=digest,
        previous=previous,
        hash=_chain(previous, from_xid=from_xid, upto_xid=upto_xid, count=count, digest=digest),
    )


def broken_seals() -> Iterator[str]:
    """Recompute the whole chain; one sentence for each block that no longer agrees with its events."""
    previous, expected_from = GENESIS, 0
    for seal in EventSeal.objects.order_by("number").iterator():
        count, digest = _digest(seal.from_xid, seal.upto_xid)
        wanted = _chain(previous, from_xid=seal.from_xid, upto_xid=seal.upto_xid, count=count, digest=digest)
        if seal.from_xid != expected_from or bytes(seal.hash) != wanted:
            yield f"Block {seal.number} does not match its events: {seal.count} were sealed, {count} are there."
        previous, expected_from = bytes(seal.hash), seal.upto_xid
