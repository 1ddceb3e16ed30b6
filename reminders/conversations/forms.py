"""The form of an answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from reminders.conversations.replying import LONGEST


class ReplyForm(OnceForm):
    text = forms.CharField(
        label=_("Your answer"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("A payment link is put in where you write {{ link }}."),
    )
    figures_meant = forms.BooleanField(label=_("This amount is meant"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["figures_meant"].widget = forms.HiddenInput()
        self.order_fields(["text", "figures_meant", "token"])

    def ask_about_figures(self) -> None:
        """From now on the box is shown: the writer saw the warning."""
        self.fields["figures_meant"].widget = forms.CheckboxInput()
