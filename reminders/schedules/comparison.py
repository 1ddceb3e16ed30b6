"""What differs between two versions of a schedule, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from reminders.models import Schedule
from reminders.planning.steps import in_order
from reminders.schedules.words import sentences


@dataclass(frozen=True, slots=True)
class Line:
    """A step before and after; "" where there is none. `same`, `changed`, `added` or `removed`."""

    kind: str
    before: str = ""
    after: str = ""


def compare(before: Schedule, after: Schedule) -> list[Line]:
    old = sentences(in_order(before.steps.all()))
    new = sentences(in_order(after.steps.all()))
    lines: list[Line] = []
    for tag, i, j, k, m in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        lines += _lines(tag, old[i:j], new[k:m])
    return lines


def _lines(tag: str, old: Sequence[str], new: Sequence[str]) -> list[Line]:
    if tag == "equal":
        return [Line("same", before, after) for before, after in zip(old, new, strict=True)]
    both = min(len(old), len(new))
    return [
        *(Line("changed", before, after) for before, after in zip(old[:both], new[:both], strict=True)),
        *(Line("removed", before=before) for before in old[both:]),
        *(Line("added", after=after) for after in new[both:]),
    ]
