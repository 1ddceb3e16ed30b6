"""Forms of the compliance pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from compliance.told.names import CHANNEL_WORDS
from compliance.words import PURPOSE_WORDS

WAYS = ("email", "sms", "voice", "letter", "whatsapp", "push", "in_app")


class UploadForm(OnceForm):
    file = forms.FileField(
        label=_("File"),
        help_text=_("YAML of the schema policy-pack/1, at most 1 MB. It becomes a draft and decides nothing."),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml"}),
    )


class SignForm(OnceForm):
    """`read`: the digest of what the officer had before them."""

    read = forms.CharField(widget=forms.HiddenInput, max_length=64)
    note = forms.CharField(
        label=_("What you have checked"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example which sources you read, and on which day. The note stays with the signature."),
    )


class EndForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=300, help_text=_("In a few words. It stands in the record."))


class MayWeForm(forms.Form):
    """Read from the address. Without a day or an hour: those of this moment, on the person's own clock."""

    account = forms.CharField(
        label=_("Whom"), max_length=120, help_text=_("A reference, name, phone number or e-mail address.")
    )
    channel = forms.ChoiceField(label=_("By"), choices=[(way, CHANNEL_WORDS[way]) for way in WAYS])
    purpose = forms.ChoiceField(label=_("What for"), choices=list(PURPOSE_WORDS.items()), initial="overdue_friendly")
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    hour = forms.TimeField(
        label=_("Hour, where the person is"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
