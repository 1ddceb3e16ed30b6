"""The postings no remittance has accounted for yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from payments.models import JournalEntry, LedgerAccount, Posting, RemittanceLine

Kind = LedgerAccount.Kind
LineKind = RemittanceLine.Kind
# What we post ourselves while remitting begins with this and is never accounted for again.
OWN = "remittance"
# Commission that was invoiced, apart from what is owed to the creditor.
INVOICED = "invoiced"


@dataclass(frozen=True)
class Candidate:
    """`minor` is what the posting adds to the collected money; of a fee, its amount. `origin` as on the line."""

    posting_id: int
    kind: str
    minor: int
    account_id: int | None
    effective_at: datetime
    origin_id: int
    origin_at: datetime


def unremitted(creditor_id: int, currency: str, *, since: int = 0) -> QuerySet[Posting]:
    """All that is owed to the creditor or was paid to it directly, and the providers' fees for it.

    `since` is the mark of the last remittance (`payments.remittance.watermark`): nothing below it is left.
    """
    accounts = LedgerAccount.objects.filter(creditor_id=creditor_id, currency=currency)
    owed = Q(ledger_account__in=accounts.filter(kind=Kind.PAYABLE, qualifier=""))
    fees = Q(ledger_account__in=accounts.filter(kind=Kind.PROVIDER_FEES))
    direct = Q(ledger_account__in=accounts.filter(kind=Kind.PLACED), entry__kind__startswith="direct_payment")
    taken = RemittanceLine.objects.filter(posting=OuterRef("pk"), live=True)
    rows = Posting.objects.filter(owed | fees | direct, entry__creditor_id=creditor_id, entry__xid__gte=since)
    return rows.exclude(entry__kind__startswith=OWN).filter(~Exists(taken))


def candidates_before(creditor_id: int, currency: str, end: datetime, *, since: int = 0) -> list[Candidate]:
    """In the order the money moved. Three queries, however many there are."""
    debt = Posting.objects.filter(entry=OuterRef("entry"), ledger_account__kind=Kind.RECEIVABLE)
    rows = unremitted(creditor_id, currency, since=since).filter(entry__effective_at__lt=end)
    found: list[Any] = list(
        rows.annotate(debt_id=Subquery(debt.values("account_id")[:1]))
        .order_by("entry__effective_at", "pk")
        .values(
            "pk", "amount_minor", "ledger_account__kind", "debt_id",
            "entry_id", "entry__effective_at", "entry__reverses_id", "entry__data__attempt", "entry__data__of_entry",
        )
    )  # fmt: skip
    origins = _origins(found)
    return [_candidate(row, origins) for row in found]


def _candidate(row: dict[str, Any], origins: Mapping[int, tuple[int, datetime]]) -> Candidate:
    place = row["ledger_account__kind"]
    origin_id, origin_at = origins.get(row["entry_id"], (row["entry_id"], row["entry__effective_at"]))
    sign = -1 if place == Kind.PAYABLE else 1
    minor = sign * row["amount_minor"]
    kinds = {Kind.PLACED: LineKind.DIRECT, Kind.PROVIDER_FEES: LineKind.FEE}
    kind = kinds.get(place) or (LineKind.COLLECTED if minor > 0 else LineKind.TAKEN_BACK)
    return Candidate(
        posting_id=row["pk"],
        kind=kind.value,
        minor=minor,
        account_id=row["debt_id"],
        effective_at=row["entry__effective_at"],
        origin_id=origin_id,
        origin_at=origin_at,
    )


def _of_entry(row: Mapping[str, Any]) -> int | None:
    return row["entry__reverses_id"] or row["entry__data__of_entry"]


def _origins(found: Sequence[dict[str, Any]]) -> dict[int, tuple[int, datetime]]:
    """For each entry the one its money first came with: that of the same attempt, or the one it reverses."""
    keys = {f"attempt:{row['entry__data__attempt']}" for row in found if row["entry__data__attempt"]}
    reversed_ids = {pk for row in found if (pk := _of_entry(row))}
    first = JournalEntry.objects.filter(Q(idempotency_key__in=keys) | Q(pk__in=reversed_ids))
    by_id = {row.pk: (row.pk, row.effective_at) for row in first.only("pk", "effective_at", "idempotency_key")}
    by_key = {row.idempotency_key: by_id[row.pk] for row in first}
    pairs = {}
    for row in found:
        origin = by_key.get(f"attempt:{row['entry__data__attempt']}") or by_id.get(_of_entry(row) or 0)
        if origin:
            pairs[row["entry_id"]] = origin
    return pairs
