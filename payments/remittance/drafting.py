"""Drafting: every posting of a period that is over, once, under the creditor's lock."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

from django.db import DatabaseError, transaction
from django.db.models import Min

from accounts.models import Creditor, User
from common.clock import today
from common.errors import PlatformError
from payments.models import CommissionTerms, Remittance, RemittanceLine
from payments.remittance.candidates import candidates_before, unremitted
from payments.remittance.changing import tell
from payments.remittance.lines import lines_of
from payments.remittance.locking import last_standing, lock_creditor
from payments.remittance.periods import day_of, end_of, period_around
from payments.remittance.terms import history_of, on_day
from payments.remittance.totals import held_at, totals_of
from payments.remittance.watermark import horizon, mark_for, seen_before

logger = logging.getLogger(__name__)
Period = tuple[date, date]


def draft_due(*, by: User | None = None) -> int:
    """Draft every period that is over, each in its own transaction. Returns how many; again it finds none."""
    pairs = CommissionTerms.objects.values_list("creditor_id", "currency").distinct().order_by("creditor_id")
    return sum(_draft_all(creditor_id, currency, by) for creditor_id, currency in pairs)


def _draft_all(creditor_id: int, currency: str, by: User | None) -> int:
    """One creditor's trouble does not keep the others waiting."""
    count = 0
    try:
        while draft_next(creditor_id, currency, by=by):
            count += 1
    except (PlatformError, DatabaseError):
        logger.exception("a remittance could not be drafted", extra={"creditor": creditor_id})
    return count


@transaction.atomic
def draft_next(creditor_id: int, currency: str, *, by: User | None = None) -> Remittance | None:
    """The next period that is over and has something to account for; None when there is none (any more)."""
    creditor = lock_creditor(creditor_id)
    history = history_of(creditor_id, currency)
    previous = last_standing(creditor_id, currency)
    period = _next_period(creditor_id, currency, history, previous) if history else None
    return _draft(creditor, currency, history, period, previous, by) if period else None


def _next_period(
    creditor_id: int, currency: str, history: Sequence[CommissionTerms], previous: Remittance | None
) -> Period | None:
    """The period of the oldest open posting. One that became known late goes into the first period still open."""
    floor = date.fromordinal(previous.last_day.toordinal() + 1) if previous else None
    if floor and not _is_over(period_around(floor, on_day(history, floor).cadence), history):
        return None
    rows = unremitted(creditor_id, currency, since=seen_before(previous))
    oldest = rows.aggregate(at=Min("entry__effective_at"))["at"]
    if oldest is None:
        return None
    first = day_of(oldest, on_day(history, oldest.date()).zone)
    wanted = max(first, floor) if floor else first
    start, last = period_around(wanted, on_day(history, wanted).cadence)
    period = (max(start, floor) if floor else start, last)
    return period if _is_over(period, history) else None


def _is_over(period: Period, history: Sequence[CommissionTerms]) -> bool:
    return period[1] < today(on_day(history, period[1]).zone)


def _draft(
    creditor: Creditor,
    currency: str,
    history: Sequence[CommissionTerms],
    period: Period,
    previous: Remittance | None,
    by: User | None,
) -> Remittance:
    terms = on_day(history, period[1])
    end = end_of(period[1], terms.zone)
    since, (ended, cluster) = seen_before(previous), horizon()
    found = candidates_before(creditor.pk, currency, end, since=since)
    lines = lines_of(found, history, first_day=period[0], zone=terms.zone)
    trust, clearing = held_at(creditor.pk, currency, end)
    remittance = Remittance.objects.create(
        creditor=creditor,
        currency=currency,
        first_day=period[0],
        last_day=period[1],
        previous=previous,
        way=terms.way,
        drafted_by=by,
        trust_minor=trust,
        clearing_minor=clearing,
        seen_below=mark_for(creditor.pk, currency, ended=ended, since=since, end=end),
        seen_by=cluster,
        **totals_of(lines, way=terms.way, carried_in=previous.carried_out_minor if previous else 0),
    )
    for line in lines:
        line.remittance = remittance
    RemittanceLine.objects.bulk_create(lines, batch_size=2_000)
    tell(remittance, before="", by=by, lines=len(lines))
    return remittance
