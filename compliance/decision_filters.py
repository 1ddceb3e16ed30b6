"""Filters of the list of decisions, read from the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from compliance.models import Decision
from compliance.told.names import CHANNEL_WORDS

EVERY: tuple[str, Any] = ("", _("All"))
DAY = {"type": "date"}


class DecisionFilters(forms.Form):
    """All optional. The period is in whole days of the platform's clock, both ends included."""

    verdict = forms.ChoiceField(label=_("Answer"), choices=[EVERY, *Decision.Verdict.choices], required=False)
    channel = forms.ChoiceField(label=_("Way"), choices=[EVERY, *CHANNEL_WORDS.items()], required=False)
    rule = forms.CharField(label=_("Rule"), max_length=80, required=False)
    account = forms.CharField(label=_("Account"), max_length=40, required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Up to"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))

    def apply(self, rows: QuerySet[Decision]) -> QuerySet[Decision]:
        chosen = self.cleaned_data if self.is_valid() else {}
        rows = rows.filter(**{name: chosen[name] for name in ("verdict", "channel") if chosen.get(name)})
        if rule := chosen.get("rule"):
            rows = rows.filter(reasons__contains=[{"rule": rule.strip()}])
        if reference := chosen.get("account"):
            accounts = Account.objects.all().by_reference(reference.strip())
            rows = rows.filter(account__in=accounts)
        if since := chosen.get("since"):
            rows = rows.filter(decided_at__gte=_midnight(since))
        if until := chosen.get("until"):
            rows = rows.filter(decided_at__lt=_midnight(until + timedelta(days=1)))
        return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
