"""Placement postings: one compound entry per chunk, currency and kind of an import (see decision 0004), one entry for
an account placed by itself."""

from __future__ import annotations

from typing import Any

from accounts.imports.hooks import ChunkContext, register
from accounts.imports.staging import copy_lines
from accounts.models import Account
from accounts.models.debts import COMPONENTS
from accounts.placing import register_poster
from common.clock import now
from payments.ledger import Line, post_entry
from payments.ledger.chart import ledger_account
from payments.models import JournalEntry, LedgerAccount

# What each outcome of a row is called in the journal.
_POSTING_COLUMNS = "payments_posting (entry_id, ledger_account_id, account_id, component, amount_minor, currency)"
KINDS = {"created": "placement", "updated": "balance_adjustment"}

_GROUPS = """
    SELECT outcome, currency, sum(moved_principal + moved_interest + moved_fees + moved_costs)::bigint
    FROM import_rows
    WHERE outcome IN ('created', 'updated')
      AND (moved_principal <> 0 OR moved_interest <> 0 OR moved_fees <> 0 OR moved_costs <> 0)
    GROUP BY outcome, currency ORDER BY outcome, currency
"""
# One statement for all postings of an entry: the balance trigger checks each statement as a whole.
_POSTINGS = """
    INSERT INTO payments_posting (entry_id, ledger_account_id, account_id, component, amount_minor, currency)
    SELECT %(entry)s, %(receivable)s, r.account_id, c.component, c.minor, %(currency)s
    FROM import_rows r
    CROSS JOIN LATERAL (VALUES ('principal', r.moved_principal), ('interest', r.moved_interest),
                               ('fees', r.moved_fees), ('costs', r.moved_costs)) AS c (component, minor)
    WHERE r.outcome = %(outcome)s AND r.currency = %(currency)s AND c.minor <> 0
    UNION ALL
    SELECT %(entry)s, %(placed)s, NULL, '', -(%(total)s), %(currency)s WHERE %(total)s <> 0
"""


def post_placements(cursor: Any, chunk: ChunkContext) -> None:
    """Post what the chunk's rows moved; the importer moves the cached balances in the same transaction."""
    for currency in sorted({currency for _account, currency, _components in chunk.placed}):
        _post_placed(cursor, chunk, currency)
    if chunk.compared:
        _post_compared(cursor, chunk)


def _post_placed(cursor: Any, chunk: ChunkContext, currency: str) -> None:
    """Accounts nobody knew, by COPY; their components are what they were placed with."""
    entry, lines = _entry(chunk, kind="placement", key=f"{currency}:placed"), _ledger_lines(chunk, currency)
    total, texts = 0, []
    for account_id, owed_in, components in chunk.placed:
        if owed_in != currency:
            continue
        for component, minor in zip(COMPONENTS, components, strict=True):
            if minor:
                total += minor
                texts.append(f"{entry}\t{lines['receivable']}\t{account_id}\t{component}\t{minor}\t{currency}\n")
    texts.append(f"{entry}\t{lines['placed']}\t\\N\t\t{-total}\t{currency}\n")
    copy_lines(cursor, _POSTING_COLUMNS, texts)


def _post_compared(cursor: Any, chunk: ChunkContext) -> None:
    cursor.execute(_GROUPS)
    for outcome, currency, total in cursor.fetchall():
        entry = _entry(chunk, kind=KINDS[outcome], key=f"{currency}:{outcome}")
        values = {"entry": entry, "outcome": outcome, "currency": currency, "total": total}
        cursor.execute(_POSTINGS, values | _ledger_lines(chunk, currency))


def _entry(chunk: ChunkContext, *, kind: str, key: str) -> int:
    return JournalEntry.objects.create(
        kind=kind,
        creditor_id=chunk.creditor_id,
        idempotency_key=f"{chunk.key}:{key}",
        effective_at=now(),
        data={"import": str(chunk.job_id), "chunk": chunk.number},
    ).pk


def _ledger_lines(chunk: ChunkContext, currency: str) -> dict[str, int]:
    return {
        kind.value: ledger_account(kind, creditor_id=chunk.creditor_id, currency=currency).pk
        for kind in (LedgerAccount.Kind.RECEIVABLE, LedgerAccount.Kind.PLACED)
    }


def post_placement(account: Account, components: tuple[int, int, int, int]) -> None:
    """Post one account placed by itself, at most once; its balance moves with the entry."""
    shares = zip(COMPONENTS, components, strict=True)
    post_entry(
        "placement",
        idempotency_key=f"placement:{account.pk}",
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=now(),
        lines=[
            *(Line(LedgerAccount.Kind.RECEIVABLE, minor, account=account, component=name) for name, minor in shares),
            Line(LedgerAccount.Kind.PLACED, -sum(components)),
        ],
    )


def register_hooks() -> None:
    register("placements", post_placements)
    register_poster(post_placement)
