"""Posting entries, many at once: balanced, once each, and together with the cached balances of the accounts they touch.

Two statements post a batch of any size: one locks the accounts and reads the chart, one writes entries, postings and
balances. A third opens lines of the chart that are new, a fourth reads entries that were there already.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import Account
from accounts.models.debts import COMPONENTS
from common.clock import now
from common.errors import Conflict, InvalidInput
from payments.ledger.chart import Place, open_places
from payments.models import JournalEntry, LedgerAccount

RECEIVABLE = LedgerAccount.Kind.RECEIVABLE.value


@dataclass(frozen=True)
class Line:
    """One posting: positive is a debit. Receivable lines name the account and the component they move."""

    kind: str
    minor: int
    account: Account | None = None
    component: str = ""
    qualifier: str = ""

    @property
    def moves_debt(self) -> bool:
        return self.kind == RECEIVABLE


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


# The accounts are locked in the order of their ids, as everybody locks them.
_READY = """
    SELECT id, creditor_id, currency, NULL AS kind, NULL AS qualifier
      FROM (SELECT id, creditor_id, currency FROM accounts_account WHERE id = ANY (%s::bigint[])
            ORDER BY id FOR NO KEY UPDATE) locked
    UNION ALL
    SELECT chart.id, chart.creditor_id, chart.currency, chart.kind, chart.qualifier
      FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS wanted (creditor_id, currency, kind, qualifier)
      JOIN payments_ledgeraccount chart USING (creditor_id, currency, kind, qualifier)
"""
_SUMS = ", ".join(
    f"coalesce(sum(minor) FILTER (WHERE component = '{name}'), 0)::bigint AS {name}" for name in COMPONENTS
)
_MOVES = ", ".join(f"{name}_minor = {name}_minor + move.{name}" for name in COMPONENTS)
# Numbers are given in the order of the batch, because account statements read by them; rows go in by their key, so that
# of two batches with the same keys one waits for the other. What was there already gets no lines and moves nothing.
_WRITE = f"""
    WITH given AS (
        SELECT nextval('payments_journalentry_id_seq') AS id, given.* FROM unnest(
            %(positions)s::int[], %(kinds)s::text[], %(creditors)s::bigint[], %(keys)s::text[],
            %(effective)s::timestamptz[], %(reverses)s::bigint[], %(data)s::text[], %(currencies)s::text[]
        ) AS given (position, kind, creditor_id, key, effective_at, reverses_id, data, currency)
    ), entry AS (
        INSERT INTO payments_journalentry
               (id, kind, creditor_id, idempotency_key, effective_at, recorded_at, reverses_id, data)
        SELECT id, kind, creditor_id, key, effective_at, %(now)s, reverses_id, data::jsonb FROM given ORDER BY key
        ON CONFLICT (idempotency_key) DO NOTHING RETURNING id, xid
    ), line AS (
        SELECT entry.id AS entry_id, given.currency, line.* FROM unnest(
            %(of)s::int[], %(places)s::bigint[], %(accounts)s::bigint[], %(components)s::text[], %(minors)s::bigint[],
            %(owed)s::bool[]
        ) AS line (position, place, account_id, component, minor, owed)
        JOIN given USING (position) JOIN entry ON entry.id = given.id
    ), posting AS (
        INSERT INTO payments_posting (entry_id, ledger_account_id, account_id, component, amount_minor, currency)
        SELECT entry_id, place, account_id, component, minor, currency FROM line
    ), moved AS (
        UPDATE accounts_account SET balance_minor = balance_minor + move.total,
               {_MOVES}
          FROM (SELECT account_id, sum(minor)::bigint AS total,
                       {_SUMS}
                  FROM line WHERE owed GROUP BY account_id) move
         WHERE accounts_account.id = move.account_id
    )
    SELECT given.position, entry.id, entry.xid FROM entry JOIN given USING (id)
"""  # noqa: S608 - from constants of this file


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
    with _one_transaction():
        places = _make_ready(entries)
        fresh = _write(list(batch.values()), places)
        known = _read([key for key in batch if key not in fresh])
    results, unseen = [], set(fresh)
    for entry in entries:
        key = entry.idempotency_key
        results.append(Posted(fresh.get(key) or known[key], key in unseen))
        unseen.discard(key)
    return results


def _one_transaction() -> AbstractContextManager[Any]:
    """No savepoint inside another: every refusal of ours comes before the first write."""
    return nullcontext() if connection.in_atomic_block else transaction.atomic()


def _check(entry: NewEntry) -> None:
    if sum(line.minor for line in entry.lines):
        raise InvalidInput("A journal entry must balance.", field="lines")
    if any(line.moves_debt and line.minor and not _names_debt(line) for line in entry.lines):
        raise InvalidInput("A receivable line names its account and component.", field="lines")


def _names_debt(line: Line) -> bool:
    return line.account is not None and line.component in COMPONENTS


def _make_ready(entries: Sequence[NewEntry]) -> dict[Place, int]:
    """Lock the accounts, see that they are the entries' own, and find the lines of the chart or open them."""
    owners: dict[int, set[tuple[int, str]]] = defaultdict(set)
    wanted: set[Place] = set()
    for entry in entries:
        for line in entry.lines:
            if not line.minor:
                continue
            wanted.add(place_of(entry, line))
            if line.account:
                owners[line.account.pk].add((entry.creditor_id, entry.currency))
    columns = [list(column) for column in zip(*wanted, strict=True)] or [[]] * 4
    places: dict[Place, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_READY, [list(owners), *columns])
        for row_id, creditor_id, currency, kind, qualifier in cursor.fetchall():
            if kind is not None:
                places[Place(creditor_id, currency, kind, qualifier)] = row_id
            elif owners[row_id] != {(creditor_id, currency)}:
                raise Conflict("The entry's currency and creditor must be the account's.")
    return places if len(places) == len(wanted) else open_places(wanted)


def place_of(entry: NewEntry, line: Line) -> Place:
    return Place(entry.creditor_id, entry.currency, str(line.kind), line.qualifier)


def _write(batch: Sequence[NewEntry], places: Mapping[Place, int]) -> dict[str, JournalEntry]:
    """The entries that are new, by their keys."""
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"now": moment, **_entry_columns(batch), **_line_columns(batch, places)})
        numbers = cursor.fetchall()
    return {
        batch[position].idempotency_key: _as_row(batch[position], row_id=row_id, xid=xid, moment=moment)
        for position, row_id, xid in numbers
    }


def _entry_columns(batch: Sequence[NewEntry]) -> dict[str, list[Any]]:
    return {
        "positions": list(range(len(batch))),
        "kinds": [str(entry.kind) for entry in batch],
        "creditors": [entry.creditor_id for entry in batch],
        "keys": [entry.idempotency_key for entry in batch],
        "effective": [entry.effective_at for entry in batch],
        "reverses": [entry.reverses.pk if entry.reverses else None for entry in batch],
        "data": [json.dumps(entry.data) for entry in batch],
        "currencies": [entry.currency for entry in batch],
    }


def _line_columns(batch: Sequence[NewEntry], places: Mapping[Place, int]) -> dict[str, list[Any]]:
    lines = [(of, entry, line) for of, entry in enumerate(batch) for line in entry.lines if line.minor]
    return {
        "of": [of for of, _entry, _line in lines],
        "places": [places[place_of(entry, line)] for _of, entry, line in lines],
        "accounts": [line.account.pk if line.account else None for _of, _entry, line in lines],
        "components": [line.component for _of, _entry, line in lines],
        "minors": [line.minor for _of, _entry, line in lines],
        "owed": [line.moves_debt for _of, _entry, line in lines],
    }


def _as_row(entry: NewEntry, *, row_id: int, xid: int, moment: datetime) -> JournalEntry:
    row = JournalEntry(
        pk=row_id,
        kind=str(entry.kind),
        creditor_id=entry.creditor_id,
        idempotency_key=entry.idempotency_key,
        effective_at=entry.effective_at,
        recorded_at=moment,
        reverses=entry.reverses,
        data=dict(entry.data),
        xid=xid,
    )
    row._state.adding, row._state.db = False, connection.alias
    return row


def _read(keys: list[str]) -> dict[str, JournalEntry]:
    """What is there already, also what another transaction posted while we waited for it."""
    rows = JournalEntry.objects.filter(idempotency_key__in=keys) if keys else ()
    return {row.idempotency_key: row for row in rows}
