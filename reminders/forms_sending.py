"""The form of a sender's limit."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm

FASTEST_PER_MINUTE = 600_000


class SendingLimitForm(OnceForm):
    tier = forms.CharField(label=_("The provider's tier"), max_length=60, required=False)
    per_minute = forms.IntegerField(label=_("Messages a minute"), min_value=1, max_value=FASTEST_PER_MINUTE)
    per_day = forms.IntegerField(
        label=_("Messages a day"),
        min_value=1,
        max_value=2_000_000_000,
        required=False,
        help_text=_("Empty: no limit. A tenth of it is kept for receipts, notices and answers."),
    )
    reason = forms.CharField(label=_("Why this change"), max_length=200)
