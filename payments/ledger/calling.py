"""The calls that post: a whole batch by one function of the database, one entry by another (decision 0014).

Both answer with `place, entry_id, entry_xid` for what is new: `place` counts from one, `REFUSED` stands for an account
of another creditor or currency, and no place for a key that was there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from common.arrays import numbers, texts

if TYPE_CHECKING:
    from payments.ledger.batches import Line, NewEntry

REFUSED = 0
Call = tuple[str, list[Any]]
_CALL = f"SELECT place, entry_id, entry_xid FROM {{name}}({', '.join(['%s'] * 14)})"  # noqa: S608
_ONE, _MANY = _CALL.format(name="post_journal_entry"), _CALL.format(name="post_journal_entries")


def call_for(batch: Sequence[NewEntry], moment: datetime) -> Call:
    """The statement and its values. Lines of nothing are left out."""
    if len(batch) == 1:
        [entry] = batch
        lines = [line for line in entry.lines if line.minor]
        accounts = {line.account.pk for line in lines if line.account}
        if len(accounts) <= 1:
            return _ONE, [*_entry_values(entry), moment, accounts.pop() if accounts else None, *_line_columns(lines)]
    return _many(batch, moment)


def _many(batch: Sequence[NewEntry], moment: datetime) -> Call:
    placed = [(place, line) for place, entry in enumerate(batch, 1) for line in entry.lines if line.minor]
    places = numbers([place for place, _line in placed])
    return _MANY, [*_entry_columns(batch), moment, places, *_line_columns([line for _place, line in placed])]


def _entry_values(entry: NewEntry) -> list[Any]:
    return [
        str(entry.kind),
        entry.creditor_id,
        entry.idempotency_key,
        entry.effective_at,
        entry.reverses.pk if entry.reverses else None,
        _facts(entry.data),
        entry.currency,
    ]


def _entry_columns(batch: Sequence[NewEntry]) -> list[str]:
    return [
        texts([entry.kind for entry in batch]),
        numbers([entry.creditor_id for entry in batch]),
        texts([entry.idempotency_key for entry in batch]),
        texts([entry.effective_at for entry in batch]),
        numbers([entry.reverses.pk if entry.reverses else None for entry in batch]),
        texts([_facts(entry.data) for entry in batch]),
        texts([entry.currency for entry in batch]),
    ]


def _facts(data: Mapping[str, Any]) -> str:
    return json.dumps(data) if data else "{}"


def _line_columns(lines: Sequence[Line]) -> list[str]:
    return [
        texts([line.kind for line in lines]),
        texts([line.qualifier for line in lines]),
        numbers([line.account.pk if line.account else None for line in lines]),
        texts([line.component for line in lines]),
        numbers([line.minor for line in lines]),
    ]
