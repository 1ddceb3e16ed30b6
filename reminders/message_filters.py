"""Filters of the message list, and of the numbers that open it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor
from common.clock import today
from reminders.models import CHANNELS, Message
from reminders.words import MESSAGE_WORDS

DAYS_CHOICES = [("", _("Any time")), ("1", _("Today")), ("7", _("7 days")), ("30", _("30 days"))]


class MessageFilters(forms.Form):
    """All optional, read from the address. `made` counts days including today, from when the message was planned."""

    state = forms.ChoiceField(label=_("State"), choices=[("", _("All")), *MESSAGE_WORDS.items()], required=False)
    channel = forms.ChoiceField(label=_("Way"), choices=[("", _("All")), *CHANNELS], required=False)
    made = forms.ChoiceField(label=_("Planned in"), choices=DAYS_CHOICES, required=False)

    creditor = forms.ModelChoiceField(
        Creditor.objects.none(), label=_("Creditor"), required=False, empty_label=_("All")
    )

    def __init__(self, *args: Any, creditors: QuerySet[Creditor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["creditor"].queryset = creditors  # type: ignore[attr-defined]

    def apply(self, rows: QuerySet[Message]) -> QuerySet[Message]:
        chosen = self.cleaned_data if self.is_valid() else {}
        named = {"state": "state", "channel": "channel", "creditor": "account__creditor"}
        rows = rows.filter(**{field: chosen[name] for name, field in named.items() if chosen.get(name)})
        if days := chosen.get("made"):
            first = datetime.combine(today() - timedelta(days=int(days) - 1), time.min, UTC)
            rows = rows.filter(created_at__gte=first)
        return rows
