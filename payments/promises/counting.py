"""The money that counts for a promise: what reached the account after it was taken and still stands there."""

from __future__ import annotations

from django.db.models import Min

from common.clock import now
from payments.models import Payment, Promise
from payments.promises.days import local_day
from payments.promises.standing import Paid, Part, Standing, Terms, standing
from payments.services.shares import Source, entry_of, standing_of

NO_MONEY = ("open", "failed", "cancelled")


def parts_of(promise: Promise) -> list[Part]:
    return [Part(row.due_on, row.amount_minor) for row in promise.parts.order_by("due_on")]


def terms_of(promise: Promise) -> Terms:
    return Terms(promise.tolerance_minor, promise.grace_days)


def money_for(promise: Promise) -> list[Paid]:
    """Recorded after it was taken and before the next was, and made on no earlier day: a value date has no hour."""
    account = promise.account
    upto = Promise.objects.filter(account=account, pk__gt=promise.pk).aggregate(at=Min("taken_at"))["at"]
    first = local_day(account, promise.taken_at)
    rows = Payment.objects.filter(account=account, entry__recorded_at__gte=promise.taken_at)
    found = []
    for source in _sources(list(rows.exclude(state__in=NO_MONEY).select_related("entry"))):
        entry = entry_of(source)
        if entry is None or entry.recorded_at < promise.taken_at or (upto and entry.recorded_at >= upto):
            continue
        day, minor = local_day(account, entry.effective_at), standing_of(source).minor
        if minor > 0 and day >= first:
            found.append(Paid(day, minor))
    return found


def _sources(payments: list[Payment]) -> list[Source]:
    """A wallet's money stands with the attempt that brought it, other money with its payment."""
    found: list[Source] = []
    for payment in payments:
        attempts = list(payment.attempts.filter(state__in=["succeeded", "reversed"]).order_by("pk"))
        found += attempts or [payment]
    return found


def standing_now(promise: Promise) -> Standing:
    account = promise.account
    found = standing(parts_of(promise), money_for(promise), local_day(account, now()), terms_of(promise))
    if found.state == "open" and account.balance_minor <= 0:
        return Standing("kept", found.paid)
    return found
