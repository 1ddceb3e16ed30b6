"""Posting entries, many at once: balanced, once each, and together with the cached balances of the accounts they touch.

One call of the database (`payments.ledger.calling`) posts a batch of any size; entries that were there already are read
by a second statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Account
from accounts.models.debts import COMPONENTS
from common.clock import now
from common.errors import Conflict, InvalidInput
from payments.ledger.calling import REFUSED, call_for
from payments.models import JournalEntry, LedgerAccount

RECEIVABLE = LedgerAccount.Kind.RECEIVABLE.value
_FIELDS = [field.attname for field in JournalEntry._meta.concrete_fields]


@dataclass(frozen=True)
class Line:
    """One posting: positive is a debit. Receivable lines name the account and the component they move."""

    kind: str
    minor: int
    account: Account | None = None
    component: str = ""
    qualifier: str = ""


@dataclass(frozen=True)
class NewEntry:
    """An entry to post. Lines of nothing are left out; the rest sum to zero."""

    kind: str
    idempotency_key: str
    creditor_id: int
    currency: str
    effective_at: datetime
    lines: Sequence[Line]
    reverses: JournalEntry | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Posted:
    """`is_new` is False where the key had been posted before: then `entry` is what is there, and nothing changed."""

    entry: JournalEntry
    is_new: bool


def post_entries(entries: Sequence[NewEntry]) -> list[Posted]:
    """Post balanced entries of any accounts, creditors and currencies, each once; all of them or none.

    Locks the accounts named by the lines, in id order. Returns one result per entry, in the order given: a key that
    was posted before, or stands earlier in the batch, changes nothing and returns the entry that is there.
    """
    batch: dict[str, NewEntry] = {}
    for entry in entries:
        _check(entry)
        batch.setdefault(entry.idempotency_key, entry)
    if not batch:
        return []
    fresh = _post(list(batch.values()))
    known = _read([key for key in batch if key not in fresh])
    results, unseen = [], set(fresh)
    for entry in entries:
        key = entry.idempotency_key
        results.append(Posted(fresh.get(key) or known[key], key in unseen))
        unseen.discard(key)
    return results


def _check(entry: NewEntry) -> None:
    if sum([line.minor for line in entry.lines]):
        raise InvalidInput("A journal entry must balance.", field="lines")
    for line in entry.lines:
        if line.kind == RECEIVABLE and line.minor and (line.account is None or line.component not in COMPONENTS):
            raise InvalidInput("A receivable line names its account and component.", field="lines")


def _post(batch: Sequence[NewEntry]) -> dict[str, JournalEntry]:
    """The entries that are new, by their keys. A refusal leaves the caller's transaction as it was."""
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(*call_for(batch, moment))
        written = cursor.fetchall()
    rows = {}
    for place, row_id, xid in written:
        if place == REFUSED:
            raise Conflict("The entry's currency and creditor must be the account's.")
        if place is not None:
            entry = batch[place - 1]
            rows[entry.idempotency_key] = _as_row(entry, row_id=row_id, xid=xid, moment=moment)
    return rows


def _as_row(entry: NewEntry, *, row_id: int, xid: int, moment: datetime) -> JournalEntry:
    values = {
        "id": row_id,
        "kind": str(entry.kind),
        "creditor_id": entry.creditor_id,
        "idempotency_key": entry.idempotency_key,
        "effective_at": entry.effective_at,
        "recorded_at": moment,
        "reverses_id": entry.reverses.pk if entry.reverses else None,
        "data": dict(entry.data),
        "xid": xid,
    }
    return JournalEntry.from_db(connection.alias, _FIELDS, [values[name] for name in _FIELDS])


def _read(keys: list[str]) -> dict[str, JournalEntry]:
    """What is there already, also what another transaction posted while we waited for it."""
    rows = JournalEntry.objects.filter(idempotency_key__in=keys) if keys else ()
    return {row.idempotency_key: row for row in rows}
