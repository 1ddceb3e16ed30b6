"""Where a text stands: one message, channel and language; and how its versions stand there."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reminders.conversations.words import DRAFT_NAMES
from reminders.models import Template
from reminders.rendering.errors import UnknownText
from reminders.rendering.languages import LANGUAGES
from reminders.rendering.texts import ANSWERS, CHANNELS, KINDS, default_text
from reminders.words import purpose_words

ANSWER_NAMES: dict[str, Promise] = {
    "answer_how_to_pay": _("How to pay"),
    "answer_promise": _("Thank you for the promise"),
    "answer_help": _("Help"),
}


@dataclass(frozen=True, slots=True)
class Place:
    key: str
    channel: str
    language: str

    @classmethod
    def of(cls, row: Template) -> Place:
        return cls(row.key, row.channel, row.language)

    def as_fields(self) -> dict[str, str]:
        return asdict(self)


def is_place(place: Place) -> bool:
    """Whether such a message is ever sent: the platform ships a text for it, or an installation has one."""
    if place.language not in LANGUAGES:
        return False
    if place.key in (*KINDS, *ANSWERS) and place.channel in CHANNELS:
        try:
            return bool(default_text(place.key, channel=place.channel, language=place.language))
        except UnknownText:
            pass
    return Template.objects.filter(**place.as_fields()).exists()


def versions_of(place: Place) -> QuerySet[Template]:
    rows = Template.objects.select_related("written_by", "approved_by").filter(**place.as_fields())
    return rows.order_by("-version")


def standing(row: Template, in_force: Template | None) -> str:
    if row.approved_at:
        return "in_force" if in_force and in_force.pk == row.pk else "before"
    return "refused" if row.refused_at else "waiting"


def text_name(key: str) -> str:
    named = DRAFT_NAMES.get(key) or ANSWER_NAMES.get(key)
    return str(named) if named else purpose_words(key)
