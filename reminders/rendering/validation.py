"""What is wrong with a template text, found when it is saved and not when it is due."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from reminders.rendering.pressure import pressing_words
from reminders.rendering.sms_text import MAX_SEGMENTS, measure, plain_for_sms
from reminders.rendering.syntax import PLACE, fill, names_in, places
from reminders.rendering.variables import VARIABLES, example_facts

MAX_CHARACTERS: Mapping[str, int] = {
    "sms": 1600,
    "email": 20_000,
    "in_app": 4_000,
    "whatsapp": 1600,
    "push": 300,
    "letter": 20_000,
    "voice": 1_200,
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "sms": ("opt_out",),
    "email": (),
    "in_app": (),
    "whatsapp": ("opt_out",),
    "push": (),
    "letter": (),
    "voice": (),
}
LONG_SMS_SEGMENTS = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is stable; `message` says what to do; `at` is the character where it starts; warnings do not block."""

    code: str
    message: str
    at: int = 0
    blocking: bool = True


def validate_template(text: str, channel: str, *, alone: bool = True) -> list[Problem]:
    """Everything wrong with `text` for `channel`; an empty list means it may be saved. Not `alone`: it is a part of a
    message, such as its subject, which needs not say what the whole must say."""
    if not alone:
        return [problem for check in _CHECKS if check not in (_required, _length) for problem in check(text, channel)]
    if not text.strip():
        return [Problem("empty", _("Write the text of the message."))]
    if len(text) > MAX_CHARACTERS[channel]:
        return [
            Problem(
                "too_long", _("Shorten the text to at most %(limit)d characters.") % {"limit": MAX_CHARACTERS[channel]}
            )
        ]
    return [problem for check in _CHECKS for problem in check(text, channel)]


def blocking(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.blocking]


def _variables(text: str, channel: str) -> list[Problem]:
    return [
        Problem("unknown_variable", unknown_name(place.name or place.written, VARIABLES), place.start)
        for place in places(text)
        if place.name not in VARIABLES
    ]


def unknown_name(name: str, known: Iterable[str]) -> str:
    """The name, the one that was probably meant, and all there are."""
    words = {"name": name[:60], "known": ", ".join(sorted(known))}
    if near := get_close_matches(name.strip("{ }"), words["known"].split(", "), n=1):
        return _("There is no variable %(name)s here. Did you mean %(near)s? Known are: %(known)s.") % {
            **words,
            "near": near[0],
        }
    return _("There is no variable %(name)s here. Known are: %(known)s.") % words


def _braces(text: str, channel: str) -> list[Problem]:
    blanked = PLACE.sub(lambda match: " " * len(match.group()), text)
    found = min((at for at in (blanked.find(mark) for mark in ("{", "}")) if at >= 0), default=None)
    if found is None:
        return []
    return [Problem("stray_brace", _("A variable is written {{ name }}. This brace belongs to none."), found)]


def _control_characters(text: str, channel: str) -> list[Problem]:
    for at, char in enumerate(text):
        if (char not in "\n\r\t" and unicodedata.category(char) == "Cc") or "\u202a" <= char <= "\u202e":
            return [Problem("control_character", _("Remove the invisible control character here."), at)]
    return []


def _required(text: str, channel: str) -> list[Problem]:
    missing = [name for name in REQUIRED[channel] if name not in names_in(text)]
    return [
        Problem("missing_variable", _("Every message on this channel must contain {{ %(name)s }}.") % {"name": name})
        for name in missing
    ]


def _attachment(text: str, channel: str) -> list[Problem]:
    if channel in ("email", "letter") or "statement" not in names_in(text):
        return []
    return [Problem("no_attachment", _("Only an e-mail can carry {{ statement }}, the statement as a PDF."))]


def _length(text: str, channel: str) -> list[Problem]:
    if channel != "sms" or not names_in(text) <= set(VARIABLES) or _variables(text, channel):
        return []
    segments = measure(plain_for_sms(fill(text, example_facts(), language="en"))).segments
    if segments > MAX_SEGMENTS:
        return [Problem("too_long", _("This is %(count)d text messages long. Shorten it.") % {"count": segments})]
    if segments >= LONG_SMS_SEGMENTS:
        words = _("This will be sent, and paid for, as %(count)d text messages.") % {"count": segments}
        return [Problem("many_segments", words, blocking=False)]
    return []


def _tone(text: str, channel: str) -> list[Problem]:
    return [
        Problem("pressure", _("“%(words)s” threatens or shames. Say what can be done instead.") % {"words": words}, at)
        for words, at in pressing_words(text)
    ]


_CHECKS: tuple[Callable[[str, str], list[Problem]], ...] = (
    _variables,
    _braces,
    _control_characters,
    _required,
    _attachment,
    _length,
    _tone,
)
