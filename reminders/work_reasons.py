"""Somebody who wrote to us comes first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.work_reasons import WorkReason, ago_words, register
from common.clock import now
from payments.work_reasons import newest
from reminders.models import Conversation

RECENT = timedelta(days=7)


def unread() -> QuerySet[Any]:
    """Conversations that wait for a person: what the assistant answered needs nobody."""
    return Conversation.objects.filter(state="waiting", waiting_since__gt=now() - RECENT)


def register_own() -> None:
    register(
        WorkReason(
            "wrote_to_us",
            40,
            lambda _today: Q(debtor__in=unread().values("debtor")),
            lambda account, today, at: _("wrote to us %(when)s") % {"when": ago_words(at, today)},
            "brand",
            lambda _today: newest(unread().filter(debtor=OuterRef("debtor")), "waiting_since"),
            waits=True,
        )
    )
