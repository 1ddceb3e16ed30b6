"""Forms of the pages about the words of messages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from common.templatetags.frame import OWN_NAMES
from reminders.message_texts.places import Place
from reminders.models import Template
from reminders.rendering.languages import LANGUAGES, written_language
from reminders.rendering.texts import WRITTEN, TemplateText
from reminders.rendering.variables import VARIABLES, format_fact, variables_of
from reminders.words import CHANNEL_NAMES

EVERY: tuple[str, Any] = ("", _("All"))
VARIABLE_WORDS: dict[str, Promise] = {
    "amount": _("what this message is about: due, debited or received"),
    "balance": _("what is still owed in all"),
    "limit": _("the most one debit may take"),
    "due_date": _("the day it is due or will be debited"),
    "days_overdue": _("whole days since it was due"),
    "instalments": _("how many instalments the plan has"),
    "first_name": _("how the person is addressed"),
    "creditor": _("who the money is owed to"),
    "company": _("who is writing"),
    "reference": _("the account's reference"),
    "wallet": _("the wallet used or agreed"),
    "terms": _("the debit agreement word for word"),
    "phone": _("where to reach a person"),
    "caller": _("the name of whoever of us is calling"),
    "link": _("the payment link, made anew for each message"),
    "page": _("the page behind the link that fits the question"),
    "wallets": _("the wallets that can pay this account"),
    "opt_out": _("how to stop these messages"),
    "required_notice": _("wording the law of the place requires"),
}
KIND_WORDS: dict[str, Promise] = {
    "Money": _("an amount"),
    "date": _("a date"),
    "int": _("a number"),
    "str": _("words"),
    "Lines": _("several lines"),
}


def words_of_variables(place: Place) -> list[tuple[str, str, str, str]]:
    """Name, kind, meaning and an example in the language of the text."""
    return [
        (
            name,
            str(KIND_WORDS[VARIABLES[name].kind.__name__]),
            str(VARIABLE_WORDS.get(name, name.replace("_", " "))),
            format_fact(name, VARIABLES[name].example, language=place.language),
        )
        for name in sorted(variables_of(place.key))
    ]


class TemplateFilters(forms.Form):
    """Read from the address; without one, the texts of the reader's own language."""

    language = forms.ChoiceField(
        label=_("Language"), choices=[EVERY, *((tag, OWN_NAMES[tag]) for tag in LANGUAGES)], required=False
    )
    channel = forms.ChoiceField(
        label=_("Way"), choices=[EVERY, *((key, CHANNEL_NAMES[key]) for key in WRITTEN)], required=False
    )
    waiting = forms.BooleanField(label=_("Only what waits for a second person"), required=False)

    def __init__(self, data: Any) -> None:
        said = data.dict() if hasattr(data, "dict") else dict(data)
        if said.get("language"):
            said["language"] = written_language(said["language"])
        super().__init__(said)

    def apply(self, rows: QuerySet[Template]) -> QuerySet[Template]:
        chosen = self.cleaned_data if self.is_valid() else {}
        return rows.filter(**{name: chosen[name] for name in ("language", "channel") if chosen.get(name)})

    @property
    def shown(self) -> tuple[list[str], list[str]]:
        """Languages and channels that are asked for."""
        chosen = self.cleaned_data if self.is_valid() else {}
        language, channel = chosen.get("language"), chosen.get("channel")
        return ([language] if language else list(LANGUAGES)), ([channel] if channel else list(WRITTEN))

    @property
    def only_waiting(self) -> bool:
        return bool(self.is_valid() and self.cleaned_data.get("waiting"))


class TextForm(OnceForm):
    subject = forms.CharField(label=_("Subject"), max_length=150, required=False)
    body = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "true"}),
        help_text=_("A variable is written {{ name }}. An empty line begins a new paragraph."),
    )
    button = forms.CharField(
        label=_("Label of the button"),
        max_length=60,
        required=False,
        help_text=_("A paragraph that is only {{ link }} becomes the button."),
    )
    why = forms.CharField(label=_("Why this change"), max_length=200)

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget.attrs["lang"] = place.language
        if place.channel in ("sms", "whatsapp", "voice"):
            del self.fields["subject"]
        if place.channel != "email":
            del self.fields["button"]

    def text(self) -> TemplateText:
        said = self.cleaned_data
        return TemplateText(
            body=said["body"].replace("\r\n", "\n").strip(),
            subject=said.get("subject", "").strip(),
            button=said.get("button", "").strip(),
        )
