"""What differs between two texts, word by word (character by character in Chinese)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

_PIECE = re.compile(r"\{\{.*?\}\}|[A-Za-z0-9'’-]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """`kind`: same, removed or added."""

    kind: str
    text: str


def difference(before: str, after: str) -> list[Piece]:
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    return list(_pieces(old, new))


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(old[a:b]))
            continue
        if b > a:
            yield Piece("removed", "".join(old[a:b]))
        if d > c:
            yield Piece("added", "".join(new[c:d]))
