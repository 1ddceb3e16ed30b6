"""From open postings to the lines of a remittance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet, Sum

from accounts.models import Account
from payments.models import CommissionTerms, RemittanceLine
from payments.remittance.calculating import Basis, Running, charge
from payments.remittance.candidates import Candidate
from payments.remittance.periods import day_of
from payments.remittance.terms import in_force

FEE = RemittanceLine.Kind.FEE


def lines_of(
    found: Sequence[Candidate], history: Sequence[CommissionTerms], *, first_day: date, zone: str
) -> list[RemittanceLine]:
    """Unsaved, with commission; the terms of the day the money first came hold for all that follows from it."""
    ages = _ages({row.account_id for row in found if row.account_id})
    lines = [_line(row, history, ages, late=day_of(row.effective_at, zone) < first_day) for row in found]
    charge(lines, _so_far(found))
    return lines


def _line(row: Candidate, history: Sequence[CommissionTerms], ages: dict[int, int], *, late: bool) -> RemittanceLine:
    terms = in_force(history, row.origin_at)
    passed_on = row.kind == FEE and terms is not None and terms.fees_passed_on
    return RemittanceLine(
        posting_id=row.posting_id,
        kind=row.kind,
        account_id=row.account_id,
        origin_id=row.origin_id,
        terms=terms,
        age_days=ages.get(row.account_id or 0),
        effective_at=row.effective_at,
        late=late,
        amount_minor=row.minor,
        fee_minor=row.minor if passed_on else 0,
    )


def _ages(account_ids: set[int]) -> dict[int, int]:
    """Days from the due date to the placement. What a line has said once stays, whatever is corrected later."""
    rows = Account.objects.filter(pk__in=account_ids).values_list("pk", "due_date", "portfolio__placed_on")
    ages = {pk: max(0, (placed_on - due).days) for pk, due, placed_on in rows}
    said = RemittanceLine.objects.filter(account__in=account_ids, live=True, age_days__isnull=False)
    pairs: list[Any] = list(said.order_by("pk").values_list("account_id", "age_days"))
    return ages | dict(pairs)


def _so_far(found: Iterable[Candidate]) -> Running:
    """What earlier remittances have accounted for of the same payments and accounts."""
    running = Running()
    found = list(found)
    earlier = RemittanceLine.objects.filter(live=True, terms__isnull=False).exclude(kind=FEE)
    earlier = earlier.exclude(Q(kind=RemittanceLine.Kind.DIRECT, terms__direct_counts=False))
    by_account = Q(terms__basis=Basis.ACCOUNT, account__isnull=False)
    accounts = earlier.filter(by_account, account__in={row.account_id for row in found if row.account_id})
    payments = earlier.exclude(by_account).filter(origin__in={row.origin_id for row in found})
    _add(running, "account", accounts.values("account_id"))
    _add(running, "payment", payments.values("origin_id"))
    return running


def _add(running: Running, name: str, rows: QuerySet[RemittanceLine, Any]) -> None:
    sums = rows.annotate(collected=Sum("amount_minor"), charged=Sum("commission_minor")).order_by()
    for row in sums:
        group = (name, row.get("account_id") or row.get("origin_id") or 0)
        running.collected[group], running.charged[group] = row["collected"], row["charged"]
