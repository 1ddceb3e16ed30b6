"""What differs between two versions of a pack, rule by rule and in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from django.utils.translation import gettext as _

from compliance.packs.schema import Pack, Rule
from compliance.told.packs import first_day, head_facts, last_day, told


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: added, removed or changed. The sides hold only the sentences that the other one has not, when changed."""

    kind: str
    name: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    lines: tuple[Line, ...]
    same: int


def compare(before: Pack, after: Pack) -> Comparison:
    pairs = list(_pairs(before.rules, after.rules))
    changed = [line for old, new in pairs if (line := _rule_line(old, new))]
    head = _changed(_("The whole version"), _head(before), _head(after))
    lines = (*([head] if head else []), *changed)
    return Comparison(lines, same=len(pairs) - len(changed))


def _pairs(before: Sequence[Rule], after: Sequence[Rule]) -> Iterator[tuple[Rule | None, Rule | None]]:
    """Rules of one name together; a name may be there once per period, and then they pair in the order of time."""
    found: dict[str, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for side, rules in enumerate((before, after)):
        for rule in sorted(rules, key=lambda one: one.effective.start):
            found[rule.id][side].append(rule)
    for old, new in found.values():
        yield from zip_longest(old, new)


def _rule_line(old: Rule | None, new: Rule | None) -> Line | None:
    if old == new:
        return None
    if old is None:
        return Line("added", new.id, after=_said(new)) if new else None
    if new is None:
        return Line("removed", old.id, before=_said(old))
    # Whatever differs is said, even where both versions read the same in words.
    return _changed(new.id, _said(old), _said(new)) or _changed(new.id, (repr(old.params),), (repr(new.params),))


def _changed(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> Line | None:
    if before == after:
        return None
    only_before = tuple(text for text in before if text not in after)
    only_after = tuple(text for text in after if text not in before)
    return Line("changed", name, only_before or before, only_after or after)


def _said(rule: Rule) -> tuple[str, ...]:
    words = told(rule)
    period = [] if words.start is None and words.end is None else [f"{_shown(words.start)} – {_shown(words.end)}"]
    kind = f"{words.kind} · {words.strength}"
    return (kind, words.scope, *period, *words.sentences, *(cited.text for cited in words.cited))


def _head(pack: Pack) -> tuple[str, ...]:
    return (
        pack.title,
        _("In force: %(first)s – %(last)s") % {"first": _shown(first_day(pack)), "last": _shown(last_day(pack))},
        *(f"{label}: {value}" for label, value in head_facts(pack)),
        *([f"match: {dict(pack.match)}"] if pack.match else []),
    )


def _shown(value: object) -> str:
    return str(value) if value else "…"
