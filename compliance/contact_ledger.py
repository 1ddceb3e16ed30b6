"""What passed between us and a person, line by line: what the packs' caps, quiet times and permissions count.

Lines are written under the debtor's lock. A line that is reserved counts until it certainly did not leave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max, Q

from accounts.models import Account, ContactPoint
from common.bulk import array_text, insert_rows
from common.rows import new_row
from compliance.models import ENTRY_STATES, ContactEntry
from compliance.pack_facts import REQUIRED_BY_LAW, Word
from compliance.packs.actions import Entry

LOOK_BACK = timedelta(days=62)  # further where a pack in force counts further
# Somebody told us, on no channel we know of.
ELSEWHERE = "elsewhere"
_NOON = time(12)


def address_digest(point: ContactPoint | None) -> str:
    return digest_of_address(point.value) if point is not None else ""


def digest_of_address(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:32] if value else ""


def reserved_entry(
    debtor_id: UUID, *, account: int, channel: str, purpose: str, at: datetime, address: str = "", source: str = ""
) -> ContactEntry:
    """A line for `reserve`; nothing is written yet."""
    return new_row(
        ContactEntry, debtor_id=debtor_id, accounts=[account], at=at, channel=channel, purpose=purpose[:24],
        address=address, source=source,
    )  # fmt: skip


def reserve(entries: Sequence[ContactEntry]) -> None:
    """Call it under the debtors' locks, in the transaction that decided."""
    insert_rows(entries)


def settle_all(sources: Sequence[str]) -> None:
    """These left: `settle` without tags, for many."""
    ContactEntry.objects.filter(
        state="reserved",
        pk__in=ContactEntry.objects.filter(source__any_of=list(sources))
        .exclude(Q(state="released") | Q(source=""))
        .values("source").annotate(newest=Max("pk")).values("newest"),
    ).update(state="done")  # fmt: skip


def settle(source: str, *tags: str) -> None:
    """It left, or what became of it is known: `tags` are added, such as conversation, message_left or bounced."""
    entry = _newest(source)
    if entry is None:
        return
    entry.state = "done" if ENTRY_STATES.allows(entry.state, "done") else entry.state
    entry.tags = sorted({*entry.tags, *tags})
    entry.save(update_fields=["state", "tags"])


def release(source: str) -> None:
    """It certainly reached nobody and was not tried: it counts no longer."""
    entry = _newest(source)
    if entry is not None:
        entry.state = "released"
        entry.save(update_fields=["state"])


def _newest(source: str) -> ContactEntry | None:
    """A message may be tried again after a line was given back; the newest line is the one that stands."""
    if not source:
        return None
    rows = ContactEntry.objects.select_for_update().filter(source=source).exclude(state="released")
    return rows.order_by("-id").first()


def hear(
    debtor_id: UUID, *, accounts: Iterable[int], channel: str, at: datetime, tags: Iterable[str] = (),
    address: str = "", source: str = "",
) -> None:  # fmt: skip
    """The person turned to us. Told twice (`source`), it is written once."""
    if source and ContactEntry.objects.filter(debtor_id=debtor_id, source=source).exists():
        return
    ContactEntry.objects.create(
        debtor_id=debtor_id, accounts=list(accounts), at=at, channel=channel, inbound=True, tags=sorted(set(tags)),
        address=address, state="done", source=source,
    )  # fmt: skip


def note(debtor_id: UUID, *, accounts: Iterable[int] = (), tags: Iterable[str], at: datetime, source: str = "") -> None:
    """Something became known that packs ask about, by the packs' own name (`hardship_answered`)."""
    ContactEntry.objects.create(
        debtor_id=debtor_id, accounts=list(accounts), at=at, channel=ContactEntry.NOTE, tags=sorted(set(tags)),
        state="done", source=source,
    )  # fmt: skip


def histories_of(debtors: Sequence[UUID], *, at: datetime, reach: timedelta = LOOK_BACK) -> dict[UUID, list[Entry]]:
    """Every contact that packs of this reach may count, and every note of whatever age; oldest first."""
    recent = Q(at__gt=at - max(reach, LOOK_BACK)) | Q(channel=ContactEntry.NOTE)
    rows = ContactEntry.objects.filter(recent, debtor_id__any_of=list(debtors), at__lte=at).exclude(state="released")
    found: dict[UUID, list[Entry]] = {}
    for row in rows.order_by("at", "id"):
        found.setdefault(row.debtor_id, []).append(entry_of(row))
    return found


def entry_of(row: ContactEntry) -> Entry:
    required = REQUIRED_BY_LAW if row.purpose == "pre_debit_notice" else ()
    return Entry(
        at=row.at,
        channel=row.channel,
        inbound=row.inbound,
        debts=frozenset(str(account) for account in row.accounts),
        person=str(row.debtor_id),
        address=row.address,
        tags=frozenset((*row.tags, *required, *((row.purpose,) if row.purpose else ()))),
    )


_OPENED = """
    SELECT asked.account_id, first.at
    FROM unnest(%s::bigint[], %s::uuid[]) AS asked (account_id, debtor_id)
    CROSS JOIN LATERAL (
        SELECT e.at FROM compliance_contactentry e
        WHERE e.debtor_id = asked.debtor_id AND e.accounts @> ARRAY[asked.account_id] AND NOT e.inbound
          AND e.state <> 'released' AND e.channel <> 'note'
        ORDER BY e.at LIMIT 1
    ) AS first
"""


def opened_at(accounts: Iterable[Account]) -> dict[int, datetime]:
    """When we first turned to these people about these debts."""
    asked = [(account.pk, account.debtor_id) for account in accounts]
    with connection.cursor() as cursor:
        cursor.execute(_OPENED, [array_text([pk for pk, _ in asked]), array_text([debtor for _, debtor in asked])])
        return dict(cursor.fetchall())


def refusal_of(word: Word | None, *, channel: str, address: str = "") -> list[Entry]:
    """A binding refusal as a line; one about everything is on no channel and reaches each."""
    if word is None or word.granted:
        return []
    where = ContactEntry.NOTE if word.everything else channel
    return [Entry(at=word.at, channel=where, inbound=True, address=address, tags=frozenset({"opt_out"}))]


def request_of(channel: str, *, account: int, at: datetime) -> Entry:
    """The person has just asked for this very answer, wherever they did."""
    moment = at - timedelta(microseconds=1)
    return Entry(at=moment, channel=channel, inbound=True, debts=frozenset({str(account)}), address=ELSEWHERE)


def counted_before(
    counts: Mapping[tuple[date, str], int], entries: Sequence[Entry], *, zone: ZoneInfo, before: datetime
) -> list[Entry]:
    """Contacts that were only counted, by days, before there was a line for each."""
    missing = dict(counts)
    for entry in entries:
        if entry.is_attempt:
            key = (entry.at.astimezone(zone).date(), entry.channel)
            missing[key] = missing.get(key, 0) - 1
    return [
        Entry(at=min(datetime.combine(day, _NOON, zone), before), channel=channel)
        for (day, channel), number in sorted(missing.items())
        for _one in range(number)
    ]
