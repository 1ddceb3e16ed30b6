"""What a text is like before anybody reads it: what is wrong with it, how long it is, and how hard it is to read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from reminders.message_texts.by_law import law_against
from reminders.rendering.errors import MissingFact
from reminders.rendering.sms_text import SmsLength, measure, plain_for_sms
from reminders.rendering.syntax import fill, names_in, places
from reminders.rendering.texts import TemplateText
from reminders.rendering.validation import Problem, unknown_name, validate_template
from reminders.rendering.variables import example_facts, variables_of

HARD_GRADE = 9  # years of school; plain-language guides ask for no more
PUSH_TITLE, PUSH_BODY = 50, 150
HARD_CHARACTERS = 40  # of a Chinese sentence
_SENTENCE = re.compile(r"[.!?。！？;；]+(?=\s|$|[\u4e00-\u9fff])|\n\s*\n")
_WORD = re.compile(r"[A-Za-z']+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """`grade`: years of school for Latin script; `characters`: of a sentence on average, for Chinese."""

    grade: int | None = None
    characters: int | None = None

    @property
    def is_hard(self) -> bool:
        return (self.grade or 0) > HARD_GRADE or (self.characters or 0) > HARD_CHARACTERS


@dataclass(frozen=True, slots=True)
class Linted:
    """`blocking` must be mended before the text may be kept; `warnings` are for whoever approves it."""

    problems: list[Problem]
    characters: int
    reading: Reading
    sms: SmsLength | None = None

    @property
    def blocking(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.blocking]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.blocking]


def lint(text: TemplateText, *, key: str, channel: str, language: str) -> Linted:
    problems = [*validate_template(text.body, channel), *_unfilled(text, key)]
    problems += [
        problem
        for part in (text.subject, text.button)
        if part.strip()
        for problem in validate_template(part, channel, alone=False)
    ]
    filled = _filled(text.body, language)
    if channel in ("email", "in_app", "push") and not text.subject.strip():
        problems.append(Problem("no_subject", _("Give it a subject: it is what a person sees first.")))
    if channel == "push":
        problems += _cut_off(text, filled, language)
    if channel == "voice" and not any(problem.blocking for problem in problems):
        problems += law_against(key, filled)
    reading = reading_of(filled)
    if reading.is_hard:
        problems.append(Problem("hard_to_read", _hard_words(reading), blocking=False))
    sms = measure(plain_for_sms(filled)) if channel == "sms" else None
    return Linted(list(dict.fromkeys(problems)), characters=len(filled), reading=reading, sms=sms)


def _cut_off(text: TemplateText, body: str, language: str) -> list[Problem]:
    shown = ((_filled(text.subject, language), PUSH_TITLE), (body, PUSH_BODY))
    if all(len(part) <= most for part, most in shown):
        return []
    words = _("Phones cut notifications off: the title after about %(title)s characters, the text after %(text)s.")
    return [Problem("cut_off", words % {"title": PUSH_TITLE, "text": PUSH_BODY}, blocking=False)]


def _unfilled(text: TemplateText, key: str) -> list[Problem]:
    """A variable that exists, but that nobody fills in this message, would stop every one of them."""
    known = variables_of(key)
    written = " ".join((text.subject, text.button, text.body))
    missing = [place.name for place in places(written) if place.name in example_facts() and place.name not in known]
    return [Problem("unfilled_variable", unknown_name(name, known)) for name in dict.fromkeys(missing) if name]


def _filled(text: str, language: str) -> str:
    known = {name: fact for name, fact in example_facts().items() if name in names_in(text)}
    try:
        return fill(text, known, language=language)
    except MissingFact:
        return text


def reading_of(text: str) -> Reading:
    """Flesch and Kincaid's grade, in whole numbers; for Chinese the length of its sentences."""
    prose = _ADDRESS.sub(" ", text)
    sentences = [part for part in _SENTENCE.split(prose) if part.strip()]
    han = len(_HAN.findall(prose))
    words = _WORD.findall(prose)
    if not sentences or not (words or han):
        return Reading()
    if han > len(words):
        return Reading(characters=han // len(sentences))
    syllables = sum(_syllables(word) for word in words)
    grade = Fraction(39, 100) * len(words) / len(sentences) + Fraction(118, 10) * syllables / len(words)
    return Reading(grade=max(round(grade - Fraction(1559, 100)), 1))


def _syllables(word: str) -> int:
    plain = word.lower().removesuffix("e")
    return max(len(_VOWELS.findall(plain)), 1)


def _hard_words(reading: Reading) -> str:
    if reading.grade:
        return _("Hard to read: it takes %(grade)s years of school. Shorter sentences and words help.") % {
            "grade": reading.grade
        }
    return _("Hard to read: a sentence has %(count)s characters on average. Shorter ones help.") % {
        "count": reading.characters
    }
