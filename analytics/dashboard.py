"""The numbers of the first dashboard. Each knows the address of the list that shows exactly what it counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts import work_list
from accounts.models import Account, Creditor, User
from accounts.roles import may
from accounts.selectors import accounts_visible_to, creditors_visible_to
from analytics.account_filters import AGE_WORDS, PLAN_WORDS, STAGE_WORDS, AccountFilters, age_condition
from common.clock import today
from common.money import Money
from common.templatetags.formats import short_day
from payments.access import payments_visible_to
from payments.models import Payment
from payments.payment_filters import PaymentFilters, since
from reminders.message_filters import MessageFilters
from reminders.models import Message

WINDOWS = (1, 7, 30)
WINDOW_WORDS = {1: gettext_lazy("Today"), 7: gettext_lazy("7 days"), 30: gettext_lazy("30 days")}
MOST_CURRENCIES = 6


@dataclass(frozen=True)
class Number:
    """`value` is a count; `money`, where there is one, the sum that the list at `href` shows too."""

    label: str | Promise
    value: int
    href: str
    money: Money | None = None


@dataclass(frozen=True)
class Scope:
    """Whose numbers: what this user may see, of one creditor when chosen."""

    user: User
    creditor: Creditor | None = None

    def params(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {**values, **({"creditor": self.creditor.pk} if self.creditor else {})}

    def href(self, page: str, **values: Any) -> str:
        params = self.params(values)
        return f"{reverse(page)}?{urlencode(params)}" if params else reverse(page)

    @property
    def creditors(self) -> QuerySet[Creditor]:
        return creditors_visible_to(self.user)

    def accounts(self, **values: Any) -> QuerySet[Account]:
        return AccountFilters(self.params(values), creditors=self.creditors).apply(accounts_visible_to(self.user))

    def payments(self, **values: Any) -> QuerySet[Payment]:
        return PaymentFilters(self.params(values), creditors=self.creditors).apply(payments_visible_to(self.user))

    def messages(self, **values: Any) -> QuerySet[Message]:
        return MessageFilters(self.params(values), creditors=self.creditors).apply(Message.objects.all())


@dataclass(frozen=True)
class Collected:
    currency: str
    numbers: list[Number]


def collected(scope: Scope) -> list[Collected]:
    """Per currency, today and in the last 7 and 30 days; the currency with most payments first."""
    sums: dict[str, Any] = {}
    for days in WINDOWS:
        inside = Q(finished_at__gte=since(days))
        sums |= {f"minor_{days}": Sum("amount_minor", filter=inside), f"n_{days}": Count("pk", filter=inside)}
    rows: Any = scope.payments(state="succeeded", finished=30).order_by().values("currency").annotate(**sums)
    busiest = sorted(rows, key=lambda row: (-row["n_30"], row["currency"]))
    return [_collected(scope, row) for row in busiest[:MOST_CURRENCIES]]


def _collected(scope: Scope, row: Mapping[str, Any]) -> Collected:
    currency = row["currency"]
    numbers = [
        Number(
            WINDOW_WORDS[days],
            row[f"n_{days}"],
            scope.href("payment_list", state="succeeded", finished=days, currency=currency),
            Money(row[f"minor_{days}"] or 0, currency),
        )
        for days in WINDOWS
    ]
    return Collected(currency, numbers)


def by_day(scope: Scope, currency: str) -> list[dict[str, Any]]:
    """What arrived on each of the last 30 days, for the chart."""
    rows = scope.payments(state="succeeded", finished=30, currency=currency).annotate(day=TruncDate("finished_at"))
    sums: dict[date, int] = dict(rows.order_by().values_list("day").annotate(minor=Sum("amount_minor")))
    days = [today() - timedelta(days=back) for back in range(29, -1, -1)]
    return [
        {
            "label": short_day(day),
            "value": sums.get(day, 0),
            "text": Money(sums.get(day, 0), currency).format(get_language() or "en"),
        }
        for day in days
    ]


def ageing(scope: Scope) -> list[Number]:
    counts = scope.accounts(status="open").aggregate(
        **{f"n{index}": Count("pk", filter=age_condition(name)) for index, name in enumerate(AGE_WORDS)}
    )
    return [
        Number(words, counts[f"n{index}"], scope.href("account_list", status="open", age=name))
        for index, (name, words) in enumerate(AGE_WORDS.items())
    ]


def funnel(scope: Scope) -> list[Number]:
    """From placed to paid. Each stage counts accounts that ever reached it."""
    first = Number(_("Accounts"), scope.accounts().count(), scope.href("account_list"))
    rest = [
        Number(words, scope.accounts(stage=name).count(), scope.href("account_list", stage=name))
        for name, words in STAGE_WORDS.items()
    ]
    return [first, *rest]


def promises(scope: Scope) -> list[Number]:
    return [
        Number(words, scope.accounts(plan=name).count(), scope.href("account_list", plan=name))
        for name, words in PLAN_WORDS.items()
    ]


def open_work(scope: Scope) -> list[Number]:
    held = scope.accounts(status="open", hold="on")
    numbers = [Number(_("On hold"), held.count(), scope.href("account_list", status="open", hold="on"))]
    if not may(scope.user, "work"):
        return numbers
    rows = work_list.items_of(scope.user).filter(work_list.in_list("work"))
    rows = rows.filter(creditor=scope.creditor) if scope.creditor else rows
    nobody = rows.filter(assigned_to=None)
    stuck = scope.payments(person="on")
    return [
        Number(_("To work"), rows.count(), scope.href("work_list", show="work")),
        Number(_("Assigned to nobody"), nobody.count(), scope.href("work_list", show="work", assigned="nobody")),
        *numbers,
        Number(_("Payments that need a person"), stuck.count(), scope.href("payment_list", person="on")),
    ]


MESSAGE_NUMBERS = (
    ("sent", gettext_lazy("Sent")),
    ("delivered", gettext_lazy("Delivered")),
    ("blocked", gettext_lazy("Not sent: a rule forbids it")),
    ("bounced", gettext_lazy("Bounced")),
    ("failed", gettext_lazy("Failed")),
)


def message_numbers(scope: Scope) -> list[Number]:
    """The last seven days, by state."""
    rows = scope.messages(made=7).order_by().values_list("state").annotate(n=Count("pk"))
    counts: dict[str, int] = dict(rows)
    return [
        Number(words, counts.get(state, 0), scope.href("message_list", state=state, made=7))
        for state, words in MESSAGE_NUMBERS
    ]
