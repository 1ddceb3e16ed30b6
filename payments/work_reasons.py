"""Why money makes an account pressing: a missed instalment, a failed payment, a link opened and not used."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.work_reasons import WorkReason, ago_words, register
from common.clock import now
from payments.models import Attempt, Instalment, Payment, PaymentLink

RECENT = timedelta(days=7)


def missed(_today: date) -> QuerySet[Any]:
    rows = Instalment.objects.filter(plan__account=OuterRef("pk"), state="missed")
    return rows.filter(plan__state__in=["active", "paused", "defaulted"])


def failed(_today: date) -> QuerySet[Any]:
    return Payment.objects.filter(account=OuterRef("pk"), state="failed", finished_at__gt=now() - RECENT)


def opened_unused(_today: date) -> QuerySet[Any]:
    """Opened in the last days, and no payment has arrived since."""
    rows = PaymentLink.objects.filter(account=OuterRef("pk"), first_opened_at__gt=now() - RECENT)
    return rows.filter(Q(account__last_payment_at=None) | Q(account__last_payment_at__lt=F("first_opened_at")))


def for_a_person(_today: date) -> QuerySet[Any]:
    return Attempt.objects.filter(payment__account=OuterRef("pk"), needs_person=True)


def register_own() -> None:
    for reason in OWN:
        register(reason)


OWN = (
    WorkReason(
        "money_for_a_person",
        50,
        lambda today: Exists(for_a_person(today)),
        lambda *given: _("a payment needs a decision"),
        "bad",
    ),
    WorkReason(
        "instalment_missed",
        45,
        lambda today: Exists(missed(today)),
        lambda account, today, due: _("promise broken %(when)s") % {"when": ago_words(due, today)},
        "bad",
        lambda today: Subquery(missed(today).order_by("-due_on").values("due_on")[:1]),
    ),
    WorkReason(
        "link_opened",
        30,
        lambda today: Exists(opened_unused(today)),
        lambda account, today, at: _("opened the payment link %(when)s") % {"when": ago_words(at, today)},
        "info",
        lambda today: Subquery(opened_unused(today).order_by("-first_opened_at").values("first_opened_at")[:1]),
    ),
    WorkReason(
        "payment_failed",
        25,
        lambda today: Exists(failed(today)),
        lambda account, today, at: _("payment failed %(when)s") % {"when": ago_words(at, today)},
        "warn",
        lambda today: Subquery(failed(today).order_by("-finished_at").values("finished_at")[:1]),
    ),
)
