"""Posting one entry, and undoing one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from payments.ledger.batches import Line, NewEntry, post_entries
from payments.models import JournalEntry


def post_entry(
    kind: str,
    *,
    idempotency_key: str,
    creditor_id: int,
    currency: str,
    effective_at: datetime,
    lines: Sequence[Line],
    reverses: JournalEntry | None = None,
    **data: Any,
) -> tuple[JournalEntry, bool]:
    """Post a balanced entry and move the cached balances with it. Returns (entry, whether it is new).

    Locks the accounts named by the lines, in id order. The same `idempotency_key` again returns the entry that is
    there and changes nothing.
    """
    entry = NewEntry(
        kind=kind,
        idempotency_key=idempotency_key,
        creditor_id=creditor_id,
        currency=currency,
        effective_at=effective_at,
        lines=lines,
        reverses=reverses,
        data=data,
    )
    [posted] = post_entries([entry])
    return posted.entry, posted.is_new


def reverse_entry(entry: JournalEntry, *, effective_at: datetime, **data: Any) -> tuple[JournalEntry, bool]:
    """Undo an entry with its mirror image; the original stays."""
    postings = list(entry.postings.select_related("ledger_account", "account"))
    return post_entry(
        f"{entry.kind}_reversal"[:24],
        idempotency_key=f"reversal:{entry.pk}",
        creditor_id=entry.creditor_id,
        currency=postings[0].currency,
        effective_at=effective_at,
        reverses=entry,
        lines=[
            Line(
                row.ledger_account.kind,
                -row.amount_minor,
                account=row.account,
                component=row.component,
                qualifier=row.ledger_account.qualifier,
            )
            for row in postings
        ],
        **data,
    )
