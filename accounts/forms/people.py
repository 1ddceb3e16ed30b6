"""Forms for users, API keys and webhook endpoints."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.forms.tokens import OnceForm
from accounts.models import Creditor, Team, User
from accounts.models.api_keys import SCOPES
from accounts.models.creditors import HOUSE

SCOPE_WORDS = {
    "accounts:read": _("Read accounts and debtors"),
    "accounts:write": _("Place and change accounts"),
    "payments:read": _("Read payments"),
    "imports:write": _("Send placement files"),
    "links:write": _("Make payment links"),
    "webhooks:write": _("Manage notices (webhooks)"),
}


class UserForm(OnceForm):
    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("They sign in with it."))
    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices, widget=forms.RadioSelect)
    team = forms.ModelChoiceField(Team.objects.order_by("name"), label=_("Team"), required=False, empty_label=_("None"))
    creditor = forms.ModelChoiceField(
        Creditor.objects.exclude(code=HOUSE).order_by("name"),
        label=_("Creditor"),
        required=False,
        empty_label=_("None"),
        help_text=_("For creditors' own people only: they see this creditor's accounts and nothing else."),
    )
    is_active = forms.BooleanField(label=_("May sign in"), required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("role") == "creditor" and not data.get("creditor"):
            self.add_error("creditor", _("Choose the creditor this person belongs to."))
        if data.get("role") not in (None, "creditor") and data.get("creditor"):
            self.add_error("creditor", _("Only people with the role Creditor belong to a creditor."))
        return data


class KeyForm(OnceForm):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Which system will use it."))
    creditor = forms.ModelChoiceField(
        Creditor.objects.order_by("name"), label=_("Creditor"), required=False, empty_label=_("The whole platform")
    )
    scopes = forms.MultipleChoiceField(
        label=pgettext_lazy("permissions of a key", "May"),
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
    )
