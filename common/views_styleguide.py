"""The living page of the design system: every component, from the same files the pages use."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from common import clock

TONES = ["good", "warn", "bad", "info", "quiet", "brand"]
COLOURS = ["paper", "surface", "sunken", "ink", "muted", "brand", "brand-soft", "accent", "accent-fill", "accent-soft"]
STATUSES = ["open", "overdue", "promised", "paid", "disputed", "on_hold", "failed", "scheduled", "unknown", "closed"]
ICON_NAMES = ["wallet2", "people", "list-check", "calendar-event", "shield-check", "send", "receipt", "telephone"]
COLLECTED = [38, 41, 36, 52, 61, 58, 49, 66, 72, 69, 81, 78, 90, 104]


class SampleForm(forms.Form):
    """Fields of every kind, one of them wrong, for the living page."""

    name = forms.CharField(label=gettext_lazy("Name"))
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), help_text=gettext_lazy("At most the balance, for example 125.50."), max_value=500
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    channel = forms.ChoiceField(
        label=gettext_lazy("How should we reach you?"),
        choices=[("sms", gettext_lazy("Text message")), ("email", gettext_lazy("E-mail"))],
        widget=forms.RadioSelect,
    )
    agree = forms.BooleanField(label=gettext_lazy("I have read the terms"), required=False)


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    if not (settings.SANDBOX or getattr(request.user, "is_authenticated", False)):
        raise PermissionDenied
    return render(request, "styleguide/page.html", sample_context())


def sample_context() -> dict[str, Any]:
    wrong = SampleForm({"name": "Lin Mei", "amount": "900", "channel": "sms"})
    return {
        "tones": TONES,
        "colours": COLOURS,
        "statuses": STATUSES,
        "icon_names": ICON_NAMES,
        "collected": COLLECTED,
        "ageing": ageing_rows(),
        "by_day": day_rows(),
        "timeline": timeline_items(),
        "facts": [(_("Creditor"), "Northwind Telecom"), (_("Reference"), "ACC-7F3K9Q"), (_("Language"), "中文")],
        "tabs": [
            {"label": _("Due today"), "url": "#tabs", "current": True, "count": 12},
            {"label": _("Promises"), "url": "#tabs", "count": 4},
        ],
        "crumbs": [(_("Accounts"), "#")],
        "step_labels": [_("Upload"), _("Match columns"), _("Check"), _("Import")],
        "effects": [_("Queued reminders stop at once."), _("The creditor is told.")],
        "wrong_form": wrong,
        "today": clock.today(),
        "soon": clock.now() + timedelta(hours=3),
    }


def ageing_rows() -> list[dict[str, Any]]:
    amounts = [("1–30", 418, "fill"), ("31–60", 267, "fill"), ("61–90", 143, "accent"), ("90+", 88, "warn")]
    return [
        {
            "label": _("%(days)s days") % {"days": days},
            "value": value,
            "text": f"${value}k",
            "tone": tone,
            "href": "#charts",
        }
        for days, value, tone in amounts
    ]


def day_rows() -> list[dict[str, Any]]:
    first = date(2026, 11, 2)
    return [
        {"label": f"{first + timedelta(days=index):%d.%m}", "value": value, "text": f"${value}k"}
        for index, value in enumerate(COLLECTED)
    ]


def timeline_items() -> list[dict[str, Any]]:
    now = clock.now()
    return [
        {
            "icon": "wallet2",
            "tone": "good",
            "title": _("Payment received"),
            "actor": "Alipay",
            "at": now,
            "body": "$125.50",
        },
        {"icon": "send", "tone": "info", "title": _("Reminder sent by text message"), "at": now - timedelta(hours=5)},
        {
            "icon": "pause-circle",
            "tone": "warn",
            "title": _("Call held back"),
            "actor": _("Quiet hours"),
            "at": now - timedelta(days=1),
            "body": _("It is 21:40 where this person lives. Calls are allowed from 08:00."),
        },
    ]
