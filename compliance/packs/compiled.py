"""A rule made ready: its type's function, its condition, and what it speaks about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from compliance.packs.actions import Action
from compliance.packs.expressions import Answer, Condition, compile_expression
from compliance.packs.look import Look, first_instant
from compliance.packs.permits import permitted
from compliance.packs.rules import BUILDERS
from compliance.packs.schema import Pack, Rule, Scope
from compliance.packs.verdicts import Finding, Kind
from compliance.packs.vocabulary import CHANNEL_FAMILIES, CONTACT, DEBIT, DELETE, RAIL_FAMILIES

# What a rule speaks about when its scope names neither channels nor rails nor actions; None: every kind of action.
_SUBJECT: Mapping[str, frozenset[str] | None] = {
    "freeze": None,
    "mandate": frozenset({DEBIT}),
    "prenotice": frozenset({DEBIT}),
    "retry": frozenset({DEBIT}),
    "retention": frozenset({DELETE}),
}
_CONTACTS = frozenset({CONTACT, "demand", "visit"})


@dataclass(frozen=True, slots=True)
class Compiled:
    rule: Rule
    pack: Pack
    look: Callable[[Look], Iterable[Finding]]
    needs: Condition | None
    absent: Answer  # what a fact counts as that nobody has told
    on_missing: str
    exceptions: tuple[tuple[Condition, tuple[str, ...]], ...]
    always: bool
    ends: date

    def in_force(self, days: Iterable[date]) -> bool:
        """In any of the places where the debtor may be."""
        return any(self.rule.effective.holds_on(day) and self.pack.effective.holds_on(day) for day in days)

    def speaks_about(self, action: Action) -> bool:
        scope = self.rule.scope
        if scope.notices is not None and not {action.notice, action.purpose} & scope.notices:
            return False
        if scope.actions is not None:
            return action.kind in scope.actions
        if self.rule.type == "retention":
            return action.kind == DELETE
        by_channel, by_rail = "channels" in scope.says, "rails" in scope.says
        if not by_channel and not by_rail:
            subject = _SUBJECT.get(self.rule.type, _CONTACTS)
            return subject is None or action.kind in subject
        return (by_channel and action.kind in _CONTACTS and _has_channel(scope, action)) or (
            by_rail and action.kind == DEBIT and _has_rail(scope, action)
        )

    def exempt(self, look: Look) -> bool:
        return any(
            when(look, False) is True and permitted(permits, look, since=None) for when, permits in self.exceptions
        )

    def shortened(self, found: Finding, look: Look) -> Finding:
        """A rule that ends before its own date lets the action through on the day it ends."""
        if self.ends == date.max or found.kind is not Kind.DEFER or found.until is None:
            return found
        ends = max(first_instant(self.ends, zone) for zone in look.case.zones or (look.case.home,))
        return replace(found, until=ends) if look.at < ends < found.until else found


def _has_channel(scope: Scope, action: Action) -> bool:
    if scope.channels is None or not action.channel:
        return True
    return any(action.channel in CHANNEL_FAMILIES.get(channel, (channel,)) for channel in scope.channels)


def _has_rail(scope: Scope, action: Action) -> bool:
    if scope.rails is None or not action.rails:
        return True
    return any(action.rails & RAIL_FAMILIES.get(rail, frozenset({rail})) for rail in scope.rails)


def compile_pack(pack: Pack) -> Iterator[Compiled]:
    for rule in pack.rules:
        yield Compiled(
            rule=rule,
            pack=pack,
            look=BUILDERS[rule.type](rule, pack),
            needs=compile_expression(rule.scope.needs) if rule.scope.needs else None,
            absent=False if rule.on_missing is None else None,
            on_missing=rule.on_missing or pack.on_missing,
            exceptions=tuple((compile_expression(one.when), one.permits) for one in rule.exceptions),
            always=_always(rule, pack),
            ends=min(rule.effective.end, pack.effective.end),
        )


def _always(rule: Rule, pack: Pack) -> bool:
    periods = (rule.effective, pack.effective)
    return all(period.start == date.min and period.end == date.max for period in periods)
