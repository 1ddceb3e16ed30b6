"""Storing what a statement says. Reading the same statement again changes nothing; a corrected one replaces lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from django.db import transaction

from common.clock import now
from payments.models import StatementLine, StatementRun
from payments.reconciliation.fees import give_back_fees
from wallets.providers import base

BATCH = 1000


def keyed(lines: Sequence[base.StatementLine]) -> Iterator[tuple[str, base.StatementLine]]:
    """Each line with its identity. Two lines that say the very same are two lines: the second is number 1."""
    seen: Counter[bytes] = Counter()
    for line in lines:
        said = hashlib.sha256(repr(_facts(line)).encode()).digest()
        yield hashlib.sha256(said + seen[said].to_bytes(4, "big")).hexdigest(), line
        seen[said] += 1


def _facts(line: base.StatementLine) -> tuple[str | int, ...]:
    names = (line.kind.value, line.merchant_ref, line.provider_ref, line.refund_ref)
    money = (line.amount.minor, line.amount.currency, line.fee.minor, line.fee.currency)
    return (*names, *money, int(line.booked_at.timestamp()))


def content_hash(keys: Sequence[str]) -> str:
    """Whatever order the lines came in."""
    return hashlib.sha256("".join(sorted(keys)).encode()).hexdigest()


@transaction.atomic
def store_statement(run_id: int, lines: Sequence[base.StatementLine]) -> bool:
    """Keep the lines of the run's day; False when they are the ones that are there. Locks the run."""
    run = StatementRun.objects.select_for_update().get(pk=run_id)
    found = list(keyed(lines))
    digest = content_hash([key for key, _line in found])
    if run.state == "read" and run.content_hash == digest:
        return False
    corrected = run.state == "read"
    if corrected:
        _withdraw(run, {key for key, _line in found})
    for start in range(0, len(found), BATCH):
        rows = [_row(run, key, line) for key, line in found[start : start + BATCH]]
        StatementLine.objects.bulk_create(rows, ignore_conflicts=True)
        if corrected:
            again = StatementLine.objects.filter(run=run, state="withdrawn", key__in=[row.key for row in rows])
            again.update(state="open")
    run.state, run.content_hash, run.lines_read, run.problem = "read", digest, len(found), ""
    run.read_at = now()
    run.save(update_fields=["state", "content_hash", "lines_read", "problem", "read_at"])
    return True


def _withdraw(run: StatementRun, keys: set[str]) -> None:
    """The provider corrected its books: what it no longer says counts no more, and its fees come back."""
    there = StatementLine.objects.filter(run=run).exclude(state="withdrawn").values_list("pk", "key")
    gone = [pk for pk, key in there.iterator() if key not in keys]
    for start in range(0, len(gone), BATCH):
        rows = StatementLine.objects.filter(pk__in=gone[start : start + BATCH])
        give_back_fees(rows, run)
        groups = set(rows.values_list("group_key", flat=True))
        rows.update(state="withdrawn")
        _reopen(run, groups)


def _reopen(run: StatementRun, groups: set[str]) -> None:
    settled = {"provider_id": run.provider_id, "group_key__in": groups, "state": "matched"}
    StatementLine.objects.filter(**settled).update(state="open")
    run.provider.expectations.filter(group_key__in=groups, state="matched").update(state="open")


def _row(run: StatementRun, key: str, line: base.StatementLine) -> StatementLine:
    reference = line.merchant_ref[:64]
    return StatementLine(
        provider_id=run.provider_id,
        run=run,
        key=key,
        kind=line.kind.value,
        merchant_reference=reference,
        provider_reference=line.provider_ref[:128],
        refund_reference=line.refund_ref[:128],
        amount_minor=line.amount.minor,
        currency=line.amount.currency,
        fee_minor=line.fee.minor,
        fee_currency=line.fee.currency,
        booked_at=line.booked_at,
        group_key=group_key(line.amount.minor, reference or f"their-{line.provider_ref}"),
    )


def group_key(minor: int, reference: str) -> str:
    """Money in and money back of one payment are matched apart: `reference` is the attempt's, as both sides know it."""
    return f"{'in' if minor >= 0 else 'back'}:{reference}"[:80]
