"""Why an account comes before another: a table of reasons, each worth some points and said in words.

Every app may register reasons, so that the list knows of broken promises without importing payments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Hold
from common.clock import now

Condition = Callable[[date], Any]
Words = Callable[[Account, date, Any], str]


@dataclass(frozen=True, slots=True)
class WorkReason:
    """`condition` is a Q or a subquery for a day; `detail` an expression handed to `words` as its third argument.
    `waits`: the detail is since when somebody waits for us, so the account is overdue work from the day after."""

    name: str
    points: int
    condition: Condition
    words: Words
    tone: str = "quiet"
    detail: Condition | None = None
    waits: bool = False


_reasons: dict[str, WorkReason] = {}


def register(reason: WorkReason) -> None:
    _reasons[reason.name] = reason


def reasons() -> list[WorkReason]:
    """The heaviest first: that is also the order in which they are said."""
    return sorted(_reasons.values(), key=lambda reason: (-reason.points, reason.name))


def ago_words(moment: datetime | date | None, today: date) -> str:
    """ "3 days ago", "yesterday", "today"."""
    if moment is None:
        return ""
    day = moment.date() if isinstance(moment, datetime) else moment
    days = (today - day).days
    if days <= 0:
        return _("today")
    return _("yesterday") if days == 1 else ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}


# What counts as a high balance, in minor units; other currencies use DEFAULT_HIGH.
HIGH_BALANCE = {"CNY": 1_000_000, "TWD": 1_000_000, "KES": 5_000_000, "JPY": 150_000, "INR": 10_000_000}
DEFAULT_HIGH = 100_000


def high_balance(_today: date) -> Q:
    named = Q()
    for currency, minor in HIGH_BALANCE.items():
        named |= Q(currency=currency, balance_minor__gte=minor)
    return named | (~Q(currency__in=list(HIGH_BALANCE)) & Q(balance_minor__gte=DEFAULT_HIGH))


def overdue_between(youngest: int, oldest: int | None) -> Condition:
    def condition(today: date) -> Q:
        band = Q(due_date__lte=today - timedelta(days=youngest))
        return band if oldest is None else band & Q(due_date__gte=today - timedelta(days=oldest))

    return condition


def overdue_words(account: Account, today: date, _detail: Any) -> str:
    days = account.days_past_due(today)
    return ngettext("%(n)s day overdue", "%(n)s days overdue", days) % {"n": days}


def held_by(holds: QuerySet[Hold]) -> Q:
    """Accounts that one of these holds covers, by itself or through its debtor."""
    people = holds.filter(account=None).values("debtor")
    return Q(pk__in=holds.filter(account__isnull=False).values("account")) | Q(debtor__in=people)


def hold_review_due(today: date) -> Q:
    return held_by(Hold.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now()), review_on__lte=today))


def long_silence(_today: date) -> Q:
    return Q(last_contact_at__lt=now() - timedelta(days=14))


def stopped_paying(_today: date) -> Q:
    return Q(last_payment_at__lt=now() - timedelta(days=35))


def register_own() -> None:
    for reason in OWN:
        register(reason)


OWN = (
    WorkReason("hold_review", 35, hold_review_due, lambda *given: _("a hold is due for review"), "warn"),
    WorkReason("age_61_90", 30, overdue_between(61, 90), overdue_words, "warn"),
    WorkReason("age_31_60", 25, overdue_between(31, 60), overdue_words, "warn"),
    WorkReason("age_over_90", 20, overdue_between(91, None), overdue_words, "warn"),
    WorkReason("high_balance", 20, high_balance, lambda *given: _("high balance"), "info"),
    WorkReason("never_reached", 15, lambda _day: Q(last_contact_at=None), lambda *given: _("never contacted"), "info"),
    WorkReason(
        "stopped_paying",
        12,
        stopped_paying,
        lambda account, today, _detail: _("last paid %(when)s") % {"when": ago_words(account.last_payment_at, today)},
        "warn",
    ),
    WorkReason(
        "long_silence",
        10,
        long_silence,
        lambda account, today, _detail: (
            _("last contact %(when)s") % {"when": ago_words(account.last_contact_at, today)}
        ),
    ),
    WorkReason("age_1_30", 10, overdue_between(1, 30), overdue_words),
)
