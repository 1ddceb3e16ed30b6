"""Fees the statement shows: one balanced entry for each statement, creditor and currency; and the odd ones out."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Min, QuerySet, Sum

from common.clock import now
from payments.ledger import Line, post_entry, reverse_entry
from payments.models import JournalEntry, LedgerAccount, StatementLine, StatementRun
from wallets.models import Provider

Kind = LedgerAccount.Kind
POSTED = "provider_fees"
FEES = (POSTED, f"{POSTED}_reversal")
# Providers round each fee in their own way.
ROUNDING = 1
_OTHER_FEES = """
    INSERT INTO payments_reconciliationitem (provider_id, group_key, kind, state, currency, expected_minor,
        stated_minor, creditor_id, attempt_id, opened_at, resolution, destination, reason,
        held_minor, holdings)
    SELECT s.provider_id, 'fee:' || s.id, 'fee', 'open', s.fee_currency, w.agreed, s.fee_minor, s.creditor_id,
           s.attempt_id, %(now)s, '', '', '', 0, 0
    FROM payments_statementline s
    JOIN wallets_providerfee f ON f.provider_id = s.provider_id AND f.currency = s.fee_currency
    CROSS JOIN LATERAL (SELECT round(s.amount_minor * f.basis_points / 10000.0)::bigint + f.fixed_minor AS agreed) w
    WHERE s.run_id = %(run)s AND s.kind = 'payment' AND s.state <> 'withdrawn' AND s.currency = s.fee_currency
      AND s.fee_minor > 0 AND abs(w.agreed - s.fee_minor) > %(rounding)s
    ON CONFLICT (provider_id, group_key, currency) DO NOTHING RETURNING id
"""


@transaction.atomic
def post_fees(provider: Provider) -> int:
    """Post what is due; returns the number of entries. A line nobody knows keeps its fee until it is matched.

    What was given back counts against what was taken; where that leaves nothing, there is nothing to post.
    """
    known = StatementLine.objects.filter(provider=provider, creditor__isnull=False, state__in=["matched", "item"])
    due = known.filter(fee_entry=None).exclude(fee_minor=0)
    sums = [row for row in _sums(due) if row["minor"]]
    for row in sums:
        lines = due.filter(run=row["run"], creditor=row["creditor"], fee_currency=row["fee_currency"])
        lines.update(fee_entry=_post(provider, row, sign=1, step="taken"))
    return len(sums)


def give_back_fees(lines: QuerySet[StatementLine], run: StatementRun) -> None:
    """The lines are withdrawn: what was posted for their fees is taken back, under a number of its own."""
    posted = lines.filter(fee_entry__isnull=False)
    for row in list(_sums(posted)):
        if row["minor"]:
            _post(run.provider, row, sign=-1, step=f"back:{run.content_hash[:12]}")
    posted.update(fee_entry=None)


def reverse_fees(entry: JournalEntry, *, reason: str) -> tuple[JournalEntry, bool]:
    """Undo a fee entry with its mirror image; its lines stay marked, so it is not posted again by itself."""
    return reverse_entry(entry, effective_at=now(), reason=reason)


def _sums(lines: QuerySet[StatementLine]) -> Any:
    by = lines.order_by().values("run", "run__day", "run__content_hash", "creditor", "fee_currency")
    return by.annotate(minor=Sum("fee_minor"), first=Min("pk"))


def _post(provider: Provider, row: dict[str, Any], *, sign: int, step: str) -> JournalEntry:
    minor = sign * row["minor"]
    version = row["run__content_hash"][:8]
    entry, _is_new = post_entry(
        POSTED,
        idempotency_key=f"fees:{row['run']}:{row['first']}:{version}:{step}",
        creditor_id=row["creditor"],
        currency=row["fee_currency"],
        effective_at=now(),
        lines=[
            Line(Kind.PROVIDER_FEES, minor, qualifier=provider.key),
            Line(Kind.CLEARING, -minor, qualifier=provider.key),
        ],
        run=row["run"],
        day=row["run__day"].isoformat(),
    )
    return entry


def open_fee_items(run: StatementRun) -> list[int]:
    """Items for lines whose fee is not the one on record; those that are new."""
    with connection.cursor() as cursor:
        cursor.execute(_OTHER_FEES, {"run": run.pk, "rounding": ROUNDING, "now": now()})
        return [pk for (pk,) in cursor.fetchall()]
