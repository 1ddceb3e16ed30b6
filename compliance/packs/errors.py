"""What is wrong with a pack or a scenario file, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file a value stands."""

    file: str = ""
    pack: str = ""
    rule: str = ""
    field: str = ""

    def at(self, *, pack: str = "", rule: str = "", field: str = "") -> Place:
        return replace(self, pack=pack or self.pack, rule=rule or self.rule, field=field or self.field)

    def inside(self, key: object) -> Place:
        part = f"[{key}]" if isinstance(key, int) else f"{'.' if self.field else ''}{key}"
        return replace(self, field=f"{self.field}{part}")

    def __str__(self) -> str:
        named = (("", self.file), ("pack ", self.pack), ("rule ", self.rule), ("field ", self.field))
        return ", ".join(f"{label}{value}" for label, value in named if value)


class PackError(ValueError):
    """`code` is for machines and does not change; `problem` and `todo` are for people."""

    def __init__(self, code: str, *, place: Place, problem: str, todo: str = "") -> None:
        self.code, self.place, self.problem, self.todo = code, place, problem, todo
        super().__init__(f"{place}: {problem}" + (f" {todo}" if todo else ""))

    def as_json(self) -> Mapping[str, Any]:
        where = {"file": self.place.file, "pack": self.place.pack, "rule": self.place.rule, "field": self.place.field}
        return {"error": self.code, **where, "problem": self.problem, "todo": self.todo}


def unknown(code: str, word: object, *, known: Iterable[str], place: Place) -> PackError:
    """A word nobody knows, with the one that was probably meant."""
    words = sorted(known)
    near = difflib.get_close_matches(str(word), words, n=1, cutoff=0.6)
    todo = (
        _("Did you mean “%(near)s”?") % {"near": near[0]}
        if near
        else _("Known here: %(words)s.") % {"words": ", ".join(words)}
    )
    return PackError(code, place=place, problem=_("“%(word)s” is not known.") % {"word": word}, todo=todo)
