"""Somebody who wrote to us comes first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.work_reasons import WorkReason, ago_words, register
from common.clock import now
from reminders.models import InboundMessage

RECENT = timedelta(days=7)


def unread(_today: date) -> QuerySet[Any]:
    """Replies the machine did not understand: an opt-out is understood and needs nobody."""
    rows = InboundMessage.objects.filter(debtor=OuterRef("debtor"), recognised="")
    return rows.filter(received_at__gt=now() - RECENT)


def register_own() -> None:
    register(
        WorkReason(
            "wrote_to_us",
            40,
            lambda today: Exists(unread(today)),
            lambda account, today, at: _("wrote to us %(when)s") % {"when": ago_words(at, today)},
            "brand",
            lambda today: Subquery(unread(today).order_by("-received_at").values("received_at")[:1]),
        )
    )
