"""The one form of the provider register."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm


class ProviderStatusForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("It stands in the record and on this page."))
