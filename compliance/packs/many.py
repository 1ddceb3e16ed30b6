"""Deciding about many people at once, for planning.

People of one group are alike in everything but their history: packs, zones, channel, purpose, role, kind of debt,
holds, consents. The evaluator is asked once for each group and moment, about somebody without a history, and notes
every name it looked up in the history. Whoever has lines by such a name, wrote to us, or has anything else there than
our own attempts, is not decided here: `decide` answers None, and the single gate is asked. For everybody else only caps
and quiet periods depend on the history, and those are counted.

So an answer is the single gate's answer. `tests/compliance/test_many.py` compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from compliance.packs.actions import Action, Entry
from compliance.packs.engine import FARTHEST, HORIZON, Chosen, Gate
from compliance.packs.look import ABSENT, Case, Look
from compliance.packs.pasts import NOTHING, Past, Shapes, moment_of, ticks
from compliance.packs.permits import INITIATED, REPLY_PURPOSES
from compliance.packs.rules.cap import Cap
from compliance.packs.rules.cooldown import Cooldown
from compliance.packs.rules.opt_out import OPT_OUT
from compliance.packs.verdicts import Finding, Kind

# What else a rule reads of a history is told by the names it looks up; the other types read it in their own ways.
_BY_NAME = frozenset({"window", "cap", "cooldown", "consent", "opt_out", "audience", "freeze", "notice", "content"})
_LONGEST = timedelta(days=20_000)
_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """As in the single gate's verdict."""

    kind: Kind
    until: datetime | None = None
    rules: tuple[str, ...] = ()


class _Asked(Case):
    """Somebody without a history, who remembers by which names it was searched."""

    names_asked: set[str]
    _telling = False

    def tagged(self, names: Iterable[str]) -> list[Entry]:
        if not self._telling:
            self.names_asked.update(names)
        return []

    def _derived(self, name: str) -> Any:
        self._telling = True  # this looks at notes only, and whoever has notes is not decided here
        try:
            return super()._derived(name)
        finally:
            self._telling = False


@dataclass(slots=True)
class Limit:
    """A cap or quiet period that holds for the group at a moment: closed by `most` lines of `mask` from `since` on.

    `kind` is DEFER, or what the rule's answer becomes where it is not sure that the rule binds.
    """

    place: int
    chosen: Chosen
    judge: Cap | Cooldown
    kind: Kind
    since: int
    mask: int = 0

    @property
    def most(self) -> int:
        return self.judge.most

    def filled_at(self, past: Past) -> int | None:
        """The moment of the oldest line of those that fill it."""
        if not past.shapes & self.mask or len(past.lines) < self.most:
            return None
        left, since, mask = self.most, self.since, self.mask
        for at, bit in past.lines:
            if at < since:
                return None
            if bit & mask:
                left -= 1
                if not left:
                    return at
        return None

    def until(self, filled: int, look: Look) -> datetime:
        found = Finding(Kind.DEFER, self.chosen.rule.rule, "", until=self.judge.until(moment_of(filled), look))
        return self.chosen.rule.shortened(found, look).until or look.at


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the group hears at one moment, histories apart."""

    look: Look
    said: tuple[tuple[int, Finding], ...]
    kind: Kind
    limits: tuple[Limit, ...]

    def rules(self, kind: Kind) -> list[tuple[int, str]]:
        return [(place, one.rule.id) for place, one in self.said if one.kind is kind]

    def untils(self, kind: Kind) -> list[datetime | None]:
        return [one.until for _place, one in self.said if one.kind is kind]


class Group:
    """`action` names at most one debt, and lines of the history name it by the same word."""

    def __init__(
        self,
        gate: Gate,
        action: Action,
        *,
        now: datetime,
        zones: tuple[ZoneInfo, ...],
        facts: Mapping[str, Any],
        shapes: Shapes,
    ) -> None:
        self.gate, self.now, self.shapes = gate, now, shapes
        self._ticks = ticks(now)
        self._case = _Asked(action=action, now=now, zones=zones, facts=facts)
        self._case.names_asked = set()
        verdict = gate.decide(self._case)
        self.requirements = verdict.requirements
        self.first = Answer(verdict.kind, verdict.until, verdict.rules)
        self._moments: dict[datetime, _Moment] = {}
        self._here = self._at(now)
        self._counts = self._is_countable()
        self._sorted_shapes, self._sorted_names, self._strange = 0, 0, 0

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The caps and quiet periods of now."""
        return self._here.limits

    def decide(self, past: Past = NOTHING) -> Answer | None:
        """None: this cannot be told without looking at the person; ask the single gate."""
        if not past.lines:
            return self.first
        if len(self.shapes.met) > self._sorted_shapes or len(self._case.names_asked) > self._sorted_names:
            self._sort_shapes()
        if not self._counts or past.shapes & self._strange or past.lines[0][0] > self._ticks:
            return None
        here = self._here
        for limit in here.limits:
            if limit.filled_at(past) is not None:
                return self._filled(past)
        return self.first

    def _filled(self, past: Past) -> Answer | None:
        """The single gate's own way from moment to moment, with the counts in place of the history."""
        here, closed = self._here, _closed(self._here, past)
        if closed is None:
            return None
        if here.kind > Kind.DEFER:
            return self.first
        rules = _in_order([*here.rules(Kind.DEFER), *((place, rule) for place, rule, _until in closed)])
        worst, moment = Kind.DEFER, self.now
        while worst is Kind.DEFER:
            moment = max(until for until in (*here.untils(Kind.DEFER), *(one[2] for one in closed)) if until)
            if moment - self.now > FARTHEST:
                return Answer(Kind.REVIEW, None, rules)
            here = self._at(moment)
            closed = _closed(here, past)
            if closed is None or past.shapes & self._strange_by_now():
                return None
            worst = max(here.kind, Kind.DEFER if closed else Kind.ALLOW)
        if worst > Kind.DEFER:
            dates = here.untils(worst) if worst is Kind.HOLD else [None]
            until = None if None in dates else max(date for date in dates if date)
            return Answer(worst, until, _in_order(here.rules(worst)))
        kind = Kind.HOLD if moment - self.now > HORIZON else Kind.DEFER
        return Answer(kind, moment, rules)

    def _at(self, moment: datetime) -> _Moment:
        found = self._moments.get(moment)
        if found is None:
            if len(self._moments) >= _REMEMBERED:
                self._moments.clear()
            found = self._moments[moment] = self._look(moment)
        return found

    def _look(self, moment: datetime) -> _Moment:
        look, said, limits = Look(self._case, moment), list[tuple[int, Finding]](), list[Limit]()
        for place, chosen in enumerate(self.gate.rules_for(self._case)):
            rule = chosen.rule
            if not (rule.always or rule.in_force(look.days)):
                continue
            applies = rule.needs(look, rule.absent) if rule.needs else True
            if applies is False:
                continue
            if heard := rule.look(look):
                said += [(place, one) for one in self.gate.weighed(chosen, applies, heard, look)]
            elif isinstance(rule.look, Cap | Cooldown) and not rule.look.lifted(look):
                limits += self._limits(place, chosen, rule.look, applies, look)
        for limit in limits:
            limit.mask = self._mask(limit, 0)
        return _Moment(look, tuple(said), max((one.kind for _, one in said), default=Kind.ALLOW), tuple(limits))

    def _limits(self, place: int, chosen: Chosen, judge: Cap | Cooldown, applies: Any, look: Look) -> Iterable[Limit]:
        closed = Finding(Kind.DEFER, chosen.rule.rule, "", until=look.at)
        for weighed in self.gate.weighed(chosen, applies, (closed,), look):
            if weighed.kind is not Kind.ALLOW:
                yield Limit(place, chosen, judge, weighed.kind, since=_since(judge, look))

    def _is_countable(self) -> bool:
        """Whether the histories of this group can matter to nothing but caps and quiet periods."""
        case, action = self._case, self._case.action
        rules = [chosen.rule for chosen in self.gate.rules_for(case)]
        by_debt = any(isinstance(one.look, Cap | Cooldown) and one.look.counting.by_debt for one in rules)
        return (
            all(one.rule.type in _BY_NAME for one in rules)
            and action.tokens is None
            and not action.notice
            and action.purpose not in REPLY_PURPOSES
            and case.told(INITIATED) is ABSENT
            and (len(action.debts) == 1 or not by_debt)
        )

    def _strange_by_now(self) -> int:
        if len(self._case.names_asked) > self._sorted_names:
            self._sort_shapes()
        return self._strange

    def _sort_shapes(self) -> None:
        """Shapes and names that are new since the last look."""
        known = 0 if len(self._case.names_asked) > self._sorted_names else self._sorted_shapes
        for number, shape in enumerate(self.shapes.met[known:], known):
            if _is_strange(shape, self._case.names_asked):
                self._strange |= 1 << number
        for here in self._moments.values():
            for limit in here.limits:
                limit.mask |= self._mask(limit, self._sorted_shapes)
        self._sorted_shapes, self._sorted_names = len(self.shapes.met), len(self._case.names_asked)

    def _mask(self, limit: Limit, known: int) -> int:
        return sum(
            1 << number for number, shape in enumerate(self.shapes.met[known:], known) if self._is_counted(limit, shape)
        )

    def _is_counted(self, limit: Limit, shape: Entry) -> bool:
        case, counting = self._case, limit.judge.counting
        look = Look(Case(case.action, case.now, case.zones, case.facts, (shape,)), case.now)
        relevant = counting.relevant(look)
        return any(counting.of_debt(relevant, debt, look) for debt in counting.debts(case.action, relevant))


def _is_strange(shape: Entry, asked: set[str]) -> bool:
    """Anything but an attempt of ours whose tags nobody asked for by name."""
    return not shape.is_attempt or not shape.tags.isdisjoint(OPT_OUT) or not shape.tags.isdisjoint(asked)


def _since(judge: Cap | Cooldown, look: Look) -> int:
    """The earliest moment of an event that still closes it; a later event never opens it sooner."""
    low, high = ticks(look.at - _LONGEST), ticks(look.at) + 1
    while low < high:
        middle = (low + high) // 2
        if judge.until(moment_of(middle), look) > look.at:
            high = middle
        else:
            low = middle + 1
    return low


def _closed(here: _Moment, past: Past) -> list[tuple[int, str, datetime]] | None:
    """What is full: its place, its rule, and until when; None where a full one is not simply waited for."""
    found = []
    for limit in here.limits:
        filled = limit.filled_at(past)
        if filled is None:
            continue
        if limit.kind is not Kind.DEFER:
            return None
        found.append((limit.place, limit.chosen.rule.rule.id, limit.until(filled, here.look)))
    return found


def _in_order(rules: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule for _place, rule in sorted(rules, key=lambda one: one[0])))
