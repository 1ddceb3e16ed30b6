"""What passed between us and a person, line by line: what the packs' caps, quiet times and permissions count.

Lines are written under the debtor's lock. A line that is reserved counts until it certainly did not leave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import ContactPoint
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


def reserve(
    debtor_id: UUID, *, account: int, channel: str, purpose: str, at: datetime, address: str = "", source: str = ""
) -> ContactEntry:
    return ContactEntry.objects.create(
        debtor_id=debtor_id, accounts=[account], at=at, channel=channel, purpose=purpose[:24], address=address,
        source=source,
    )  # fmt: skip


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


def history_of(debtor_id: UUID, *, at: datetime, reach: timedelta = LOOK_BACK) -> list[Entry]:
    """Every contact that packs of this reach may count, and every note of whatever age."""
    recent = Q(at__gt=at - max(reach, LOOK_BACK)) | Q(channel=ContactEntry.NOTE)
    rows = ContactEntry.objects.filter(recent, debtor_id=debtor_id, at__lte=at).exclude(state="released")
    return [entry_of(row) for row in rows.order_by("at", "id")]


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


def first_contact_at(account_id: int, debtor_id: UUID) -> datetime | None:
    rows = ContactEntry.objects.filter(debtor_id=debtor_id, accounts__contains=[account_id], inbound=False)
    rows = rows.exclude(state="released").exclude(channel=ContactEntry.NOTE).order_by("at")
    return rows.values_list("at", flat=True).first()


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
