"""The template language: words and `{{ variable }}`, nothing else. Values are put in once and never read again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reminders.rendering.errors import MissingFact
from reminders.rendering.variables import VARIABLES, Fact, fits, format_fact

PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
NAME = re.compile(r"\s*([a-z_]+)\s*")


@dataclass(frozen=True, slots=True)
class Place:
    """One `{{ ... }}`; `name` is None when what stands between the braces is no name."""

    start: int
    name: str | None
    written: str


def places(text: str) -> list[Place]:
    return [_place(match) for match in PLACE.finditer(text)]


def names_in(text: str) -> set[str]:
    return {place.name for place in places(text) if place.name}


def fill(text: str, facts: Mapping[str, Fact], *, language: str) -> str:
    """`text` with every variable replaced. Raises MissingFact naming the variable that has no usable value."""
    return PLACE.sub(lambda match: _value(_place(match), facts, language), text)


def _place(match: re.Match[str]) -> Place:
    name = NAME.fullmatch(match.group(1))
    return Place(match.start(), name.group(1) if name else None, match.group(0))


def _value(place: Place, facts: Mapping[str, Fact], language: str) -> str:
    name = place.name
    if name is None or name not in VARIABLES:
        raise MissingFact("The text uses a variable that does not exist.", field=place.written[:60])
    value = facts.get(name)
    if value in (None, ""):
        if VARIABLES[name].optional:
            return ""
        raise MissingFact("This message needs a value that is not known, so it was not sent.", field=name)
    if not fits(name, value):
        raise MissingFact("This variable was given a value of the wrong kind.", field=name)
    return format_fact(name, value, language=language)
