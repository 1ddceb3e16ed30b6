"""The daily work for a provider: which days are due, fetching each, and settling what it says."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Min

from common.clock import now
from common.errors import PlatformError
from payments.models import JournalEntry, LedgerReading, StatementRun
from payments.reconciliation.fees import open_fee_items, post_fees
from payments.reconciliation.fetching import fetch_books, gives_books
from payments.reconciliation.gathering import gather
from payments.reconciliation.holding import hold_differences
from payments.reconciliation.matching import lock_books, match, tell_items
from payments.reconciliation.reading import store_statement
from payments.reconciliation.scheduled import book_scheduled
from wallets.models import Provider
from wallets.providers import base
from wallets.providers.base import Unsupported
from wallets.providers.facts import Books
from wallets.providers.registry import facts_of

logger = logging.getLogger(__name__)

LONGEST_BACKLOG = timedelta(days=31)
LEASE = timedelta(minutes=15)
PAUSES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
TRIES = 20
READ_EVERY = timedelta(hours=6)
WAITING = ("due", "unread")


def reconcile_due() -> int:
    """Every provider whose books of a finished day are not read yet; how many days were read."""
    return sum(_quietly(provider) for provider in Provider.objects.exclude(status="draft").order_by("pk"))


def _quietly(provider: Provider) -> int:
    try:
        return _reconcile(provider)
    except PlatformError as error:
        logger.warning("a provider's statement cannot be asked for", extra={"code": error.code})
    except Exception:  # one provider's books nobody can read must not keep the others waiting
        logger.exception("a provider could not be reconciled", extra={"provider": provider.pk})
    return 0


def _reconcile(provider: Provider) -> int:
    if not gives_books(provider):
        return 0
    _plan_days(provider)
    days = [run.day for run in iter(lambda: _claim(provider), None) if _fetch(run, provider)]
    if book_scheduled(provider) or (not days and _unread_for_long(provider)):
        settle_provider(provider)
    return len(days)


def _unread_for_long(provider: Provider) -> bool:
    """Without a statement too the ledger is read, so that what is overdue is missed by itself."""
    return not LedgerReading.objects.filter(provider=provider, read_at__range=(now() - READ_EVERY, now())).exists()


def books_of(provider: Provider) -> Books:
    return facts_of(provider.key).books


def _plan_days(provider: Provider) -> None:
    """A row for every finished day since the last one, so that none is left out."""
    last_ready = books_of(provider).last_ready_day(now())
    newest = StatementRun.objects.filter(provider=provider).aggregate(day=Max("day"))["day"]
    day = newest + timedelta(days=1) if newest else _first_day(provider, last_ready)
    days = (last_ready - day).days + 1
    rows = [StatementRun(provider=provider, day=day + timedelta(days=number)) for number in range(days)]
    StatementRun.objects.bulk_create(rows, ignore_conflicts=True)


def _first_day(provider: Provider, last_ready: date) -> date:
    postings = JournalEntry.objects.filter(
        postings__ledger_account__kind="clearing", postings__ledger_account__qualifier=provider.key
    )
    began = postings.aggregate(at=Min("recorded_at"))["at"]
    first = began.astimezone(books_of(provider).zone).date() if began else last_ready
    return max(min(first, last_ready), last_ready - LONGEST_BACKLOG)


@transaction.atomic(durable=True)
def _claim(provider: Provider, day: date | None = None) -> StatementRun | None:
    """The oldest day that is due, taken for a while: a worker that dies leaves it due again."""
    waiting = StatementRun.objects.filter(provider=provider)
    waiting = waiting.filter(day=day) if day else waiting.filter(state__in=WAITING, next_try_at__lte=now())
    run = waiting.order_by("day").select_for_update(skip_locked=True).first()
    if run:
        run.tries, run.next_try_at = run.tries + 1, now() + LEASE
        run.save(update_fields=["tries", "next_try_at"])
    return run


def reconcile_day(provider: Provider, day: date) -> StatementRun:
    """Read one day now, again if need be, and settle. Raises what the provider raises. Not inside a transaction."""
    StatementRun.objects.get_or_create(provider=provider, day=day)
    run = _claim(provider, day)
    if run:
        settle(run, provider, fetch_books(provider, day))
    return StatementRun.objects.get(provider=provider, day=day)


def _fetch(run: StatementRun, provider: Provider) -> bool:
    try:
        lines = fetch_books(provider, run.day)
    except PlatformError as error:
        _try_later(run, error)
        return False
    settle(run, provider, lines)
    return True


def _try_later(run: StatementRun, error: PlatformError) -> None:
    lost = isinstance(error, Unsupported)
    pause = PAUSES[min(run.tries, len(PAUSES)) - 1]
    logger.warning("a statement was not given", extra={"run": run.pk, "code": error.code})
    StatementRun.objects.filter(pk=run.pk, state__in=WAITING).update(
        state="lost" if lost or run.tries >= TRIES else "unread", problem=error.code[:80], next_try_at=now() + pause
    )


def settle(run: StatementRun, provider: Provider, lines: Sequence[base.StatementLine]) -> None:
    """Store the lines, match both ways, post the fees: one transaction, and no call inside."""
    with transaction.atomic():
        store_statement(run.pk, lines)
        settle_provider(provider)
        tell_items("reconciliation.opened", open_fee_items(run))


@transaction.atomic
def settle_provider(provider: Provider) -> None:
    lock_books(provider)
    gather(provider)
    match(provider, until=missed_before(provider))
    hold_differences(provider)
    post_fees(provider)


def missed_before(provider: Provider) -> datetime:
    """What is older and has no other side is a difference."""
    books = books_of(provider)
    return max(read_until(provider), now() - books.overdue) - books.grace


def read_until(provider: Provider) -> datetime:
    """Up to where the books were read without a gap: nothing later can be called missing."""
    books = books_of(provider)
    runs = StatementRun.objects.filter(provider=provider)
    gap = runs.filter(state__in=WAITING).aggregate(day=Min("day"))["day"]
    last = runs.aggregate(day=Max("day"))["day"]
    return books.begins(gap or (last or books.last_ready_day(now())) + timedelta(days=1))
