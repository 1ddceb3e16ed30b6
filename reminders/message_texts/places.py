"""Where a text stands: one message, channel and language; and how its versions stand there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reminders.conversations.words import DRAFT_NAMES
from reminders.models import Template
from reminders.rendering.errors import UnknownText
from reminders.rendering.languages import LANGUAGES
from reminders.rendering.texts import ANSWERS, CALLS, KINDS, PUSH_NOTICE, channels_of, default_text
from reminders.words import purpose_words

ANSWER_NAMES: dict[str, Promise] = {
    "answer_how_to_pay": _("How to pay"),
    "answer_promise": _("Thank you for the promise"),
    "answer_help": _("Help"),
    "plan_by_hand": _("Plan confirmed, paid by hand"),
    "push_notice": _("Notification on the phone"),
    "call_open": _("Call: who we are, and is it them"),
    "call_soon": _("Call: soon due"),
    "call_overdue": _("Call: overdue"),
    "call_last": _("Call: before anything else is decided"),
    "call_close": _("Call: the end"),
    "call_voicemail": _("Voicemail"),
    "call_voicemail_named": _("Voicemail where the law wants names"),
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
    if place.channel in channels_of(place.key):
        try:
            return bool(default_text(place.key, channel=place.channel, language=place.language))
        except UnknownText:
            pass
    return Template.objects.filter(**place.as_fields()).exists()


# Texts that every installation has from the first day are rows; these are only written when somebody changes them.
SHIPPED_ONLY = frozenset({"whatsapp", "push", "voice"})


def shipped_places(languages: Iterable[str], channels: Iterable[str]) -> list[Place]:
    """Those that may have no row, for these languages and channels."""
    wanted = SHIPPED_ONLY.intersection(channels)
    return [
        place
        for key in (*KINDS, *ANSWERS, *CALLS, PUSH_NOTICE)
        for channel in channels_of(key)
        if channel in wanted
        for language in languages
        if is_place(place := Place(key, channel, language))
    ]


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
