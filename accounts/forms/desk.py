"""Forms of the agent's desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm


class FinishForm(OnceForm):
    on = forms.DateField(
        label=_("Turn to it again on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: whenever its turn comes."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "finish_%s", **kwargs})
