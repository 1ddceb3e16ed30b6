"""Forms of the work list and the account page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Account, Creditor, Hold, User
from accounts.products import product_choices

AGE_BANDS = (("1-30", (1, 30)), ("31-60", (31, 60)), ("61-90", (61, 90)), ("91-", (91, None)))
AGE_CHOICES = [
    ("", _("Any age")),
    ("1-30", _("1 to 30 days")),
    ("31-60", _("31 to 60 days")),
    ("61-90", _("61 to 90 days")),
    ("91-", _("Over 90 days")),
]
MINE_CHOICES = [("", _("Anybody")), ("me", _("Me")), ("nobody", _("Nobody yet"))]


class WorkFilters(forms.Form):
    """Filters of the work list, all optional, read from the address."""

    creditor = forms.ModelChoiceField(
        Creditor.objects.none(), required=False, label=_("Creditor"), empty_label=_("All")
    )
    age = forms.ChoiceField(choices=AGE_CHOICES, required=False, label=_("Overdue"))
    product = forms.ChoiceField(choices=(), required=False, label=_("Product"))
    assigned = forms.ChoiceField(choices=MINE_CHOICES, required=False, label=_("Assigned to"))

    def __init__(self, *args: Any, creditors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["creditor"].queryset = creditors  # type: ignore[attr-defined]
        self.fields["product"].choices = product_choices()  # type: ignore[attr-defined]


class NoteForm(OnceForm):
    """`anyway`: somebody else has the account now, and the note is to be kept all the same."""

    text = forms.CharField(
        label=_("New note"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "data-draft": ""}),
        help_text=_("Kept encrypted."),
    )
    anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)


class HoldForm(OnceForm):
    kind = forms.ChoiceField(label=_("What happened?"), choices=Hold.Kind.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("In a few words, for the people who look at it later.")
    )


class EndHoldForm(OnceForm):
    reason = forms.CharField(label=_("Why it ends"), max_length=200)


class AssignForm(OnceForm):
    to = forms.ModelChoiceField(User.objects.none(), required=False, label=_("Assigned to"), empty_label=_("Nobody"))

    def __init__(self, data: Any = None, *, account: Account) -> None:
        super().__init__(data, auto_id="assign_%s", initial={"to": account.assigned_to_id})
        staff = User.objects.filter(is_active=True).exclude(role="creditor").order_by("name")
        self.fields["to"].queryset = staff  # type: ignore[attr-defined]
