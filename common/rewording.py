"""Sentences found and stored in English, long before anybody reads them, told in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import get_language

_PLACE = re.compile(r"%(?:\((?P<name>\w+)\))?(?P<kind>[sd])")
_KINDS = {"s": ".*?", "d": r"\d+"}


def reader_is_english() -> bool:
    return (get_language() or "en").startswith("en")


def _pattern(text: str) -> re.Pattern[str]:
    """What the text looks like once its values are in, each caught under its name (`value` where it has none)."""
    parts, end = [], 0
    for place in _PLACE.finditer(text):
        parts += [re.escape(text[end : place.start()]), f"(?P<{place['name'] or 'value'}>{_KINDS[place['kind']]})"]
        end = place.end()
    return re.compile("".join([*parts, re.escape(text[end:])]), re.DOTALL)


class Rewording:
    """`texts`: the message ids that may have been stored, filled in. `values`: how a filled value is told, by name."""

    def __init__(self, texts: Iterable[str], values: Mapping[str, Callable[[str], str]] | None = None) -> None:
        self.texts = tuple(texts)
        self._values = values or {}
        self._known = frozenset(self.texts)
        self._patterns = [(text, _pattern(text)) for text in self.texts if _PLACE.search(text)]

    def tell(self, text: str) -> str:
        """The text in the language that is active now; "" where nobody knows it. Several sentences are told in turn."""
        return self._one(text) or self._with_what_follows(text) or self._several(text)

    def _one(self, text: str) -> str:
        if text in self._known:
            return translation.gettext(text)
        for template, pattern in self._patterns:
            if found := pattern.fullmatch(text):
                return self._filled(template, found)
        return ""

    def _with_what_follows(self, text: str) -> str:
        """A text may be followed by a second one, which begins with its blank."""
        for template, pattern in self._patterns:
            found = pattern.search(text) if template.startswith(" ") else None
            if found and found.start() and found.end() == len(text):
                first = self.tell(text[: found.start()])
                return first and first + self._filled(template, found)
        return ""

    def _several(self, text: str) -> str:
        for end in re.finditer(r"(?<=\.) ", text):
            first = self._one(text[: end.start()])
            rest = first and self.tell(text[end.end() :])
            if rest:
                return f"{first} {rest}" if reader_is_english() else first + rest
        return ""

    def _filled(self, template: str, found: re.Match[str]) -> str:
        values: dict[str, Any] = found.groupdict()
        for place in _PLACE.finditer(template):
            name = place["name"] or "value"
            told = self._values.get(name, str)
            values[name] = int(values[name]) if place["kind"] == "d" else told(values[name])
        return translation.gettext(template) % values.get("value", values)
