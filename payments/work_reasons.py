"""Why money makes an account pressing: a missed instalment, a failed payment, a link opened and not used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.work_reasons import WorkReason, ago_words, register
from common.clock import now
from payments.deposits.access import waiting_everywhere
from payments.models import Attempt, Instalment, Payment, PaymentLink, Promise
from payments.models.promises import NOT_KEPT

RECENT = timedelta(days=7)


def missed() -> QuerySet[Any]:
    rows = Instalment.objects.filter(state="missed")
    return rows.filter(plan__state__in=["active", "paused", "defaulted"])


def failed() -> QuerySet[Any]:
    return Payment.objects.filter(state="failed", finished_at__gt=now() - RECENT)


def opened_unused() -> QuerySet[Any]:
    """Opened in the last days, and no payment has arrived since."""
    rows = PaymentLink.objects.filter(first_opened_at__gt=now() - RECENT)
    return rows.filter(Q(account__last_payment_at=None) | Q(account__last_payment_at__lt=F("first_opened_at")))


def promises_not_kept() -> QuerySet[Any]:
    """Until money came, somebody took another, or a fortnight has passed: then other reasons weigh."""
    rows = Promise.objects.filter(state__in=NOT_KEPT, changed_at__gt=now() - 2 * RECENT)
    later = Promise.objects.filter(account=OuterRef("account"), pk__gt=OuterRef("pk")).exclude(state="withdrawn")
    paid_since = Q(account__last_payment_at__gt=F("changed_at"))
    return rows.exclude(Exists(later)).exclude(paid_since)


def for_a_person() -> QuerySet[Any]:
    return Attempt.objects.filter(needs_person=True)


def newest(rows: QuerySet[Any], field: str) -> Subquery:
    return Subquery(rows.order_by(f"-{field}").values(field)[:1])


def register_own() -> None:
    for reason in OWN:
        register(reason)


OWN = (
    WorkReason(
        "money_for_a_person",
        50,
        lambda _today: (
            Q(pk__in=for_a_person().values("payment__account"))
            | Q(pk__in=waiting_everywhere().values("address__attempt__payment__account"))
        ),
        lambda *given: _("a payment needs a decision"),
        "bad",
    ),
    WorkReason(
        "instalment_missed",
        45,
        lambda _today: Q(pk__in=missed().values("plan__account")),
        lambda account, today, due: _("promise broken %(when)s") % {"when": ago_words(due, today)},
        "bad",
        lambda _today: newest(missed().filter(plan__account=OuterRef("pk")), "due_on"),
    ),
    WorkReason(
        "promise_broken",
        45,
        lambda _today: Q(pk__in=promises_not_kept().values("account")),
        lambda account, today, at: _("promise broken %(when)s") % {"when": ago_words(at, today)},
        "bad",
        lambda _today: newest(promises_not_kept().filter(account=OuterRef("pk")), "changed_at"),
    ),
    WorkReason(
        "link_opened",
        30,
        lambda _today: Q(pk__in=opened_unused().values("account")),
        lambda account, today, at: _("opened the payment link %(when)s") % {"when": ago_words(at, today)},
        "info",
        lambda _today: newest(opened_unused().filter(account=OuterRef("pk")), "first_opened_at"),
    ),
    WorkReason(
        "payment_failed",
        25,
        lambda _today: Q(pk__in=failed().values("account")),
        lambda account, today, at: _("payment failed %(when)s") % {"when": ago_words(at, today)},
        "warn",
        lambda _today: newest(failed().filter(account=OuterRef("pk")), "finished_at"),
    ),
)
