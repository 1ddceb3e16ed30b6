"""The forms about a complaint, for those who make one and those who answer it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from reminders.complaints.services import LONGEST
from reminders.models import Complaint


class ComplainForm(OnceForm):
    """On the debtor's own page."""

    about = forms.ChoiceField(label=_("What is it about?"), choices=Complaint.About.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What happened, and what should we do?"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["about", "text", "token"])


class RecordForm(ComplainForm):
    """A complaint that an agent heard or read."""

    via = forms.ChoiceField(label=_("How did they complain?"), choices=Complaint.Via.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("What they said, in their words")
        self.order_fields(["via", "about", "text", "token"])


class AnswerForm(OnceForm):
    outcome = forms.ChoiceField(label=_("Your decision"), choices=Complaint.Outcome.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Your answer to them"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("It is sent by e-mail or letter, and stands on their page. Say what you found and what you do."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["outcome", "text", "token"])


class WithdrawForm(OnceForm):
    why = forms.CharField(label=_("Why they took it back"), max_length=200)
