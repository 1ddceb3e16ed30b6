"""The evaluator: every rule in force looks at the action; the strictest word is the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from compliance.packs.compiled import Compiled, compile_pack
from compliance.packs.expressions import Answer
from compliance.packs.look import Case, Look
from compliance.packs.schema import Pack
from compliance.packs.verdicts import Finding, Kind, Verdict

HORIZON = timedelta(days=14)  # beyond it nothing is deferred: it is held, and looked at again
FARTHEST = timedelta(days=800)
_ON_MISSING = {"review": Kind.REVIEW, "block": Kind.BLOCK, "allow": Kind.ALLOW}
_ROLE_NOT_KNOWN = gettext_noop("It is not known in which role this is done, and this rule would stand in the way.")
_CONDITION_NOT_KNOWN = gettext_noop("It is not known whether this rule applies, and it would stand in the way.")


@dataclass(frozen=True, slots=True)
class Chosen:
    rule: Compiled
    doubtful: bool  # whether it binds depends on a role nobody has told


class Gate:
    """Compiled packs. Every pack given binds; the caller chooses those whose jurisdiction the evidence points to."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self.packs = tuple(packs)
        self._compiled = [one for pack in self.packs for one in compile_pack(pack)]
        self._chosen: dict[tuple[object, ...], tuple[Chosen, ...]] = {}

    def decide(self, case: Case) -> Verdict:
        found = self._all(Look(case, case.now))
        worst = max((one.kind for one in found), default=Kind.ALLOW)
        if worst is not Kind.DEFER:
            return Verdict(worst, _latest(found, worst), tuple(found), self.packs)
        return self._deferred(case, found)

    def _deferred(self, case: Case, first: list[Finding]) -> Verdict:
        """Each rule names the first instant that suits it; going on from the latest of them ends where all agree."""
        found, worst, moment = first, Kind.DEFER, case.now
        while worst is Kind.DEFER:
            moment = max(one.until for one in found if one.kind is Kind.DEFER and one.until)
            if moment - case.now > FARTHEST:
                return Verdict(Kind.REVIEW, None, tuple(_as(first, Kind.REVIEW)), self.packs)
            found = self._all(Look(case, moment))
            worst = max((one.kind for one in found), default=Kind.ALLOW)
        if worst > Kind.DEFER:  # by the time the clock agrees, something else forbids it
            return Verdict(worst, _latest(found, worst), (*first, *found), self.packs)
        if moment - case.now > HORIZON:
            return Verdict(Kind.HOLD, moment, tuple(_as(first, Kind.HOLD)), self.packs)
        return Verdict(Kind.DEFER, moment, tuple(first), self.packs)

    def _all(self, look: Look) -> list[Finding]:
        found: list[Finding] = []
        for chosen in self.rules_for(look.case):
            rule = chosen.rule
            if not (rule.always or rule.in_force(look.days)):
                continue
            applies = rule.needs(look, rule.absent) if rule.needs else True
            if applies is not False and (said := rule.look(look)):
                found.extend(self.weighed(chosen, applies, said, look))
        return found

    def weighed(self, chosen: Chosen, applies: Answer, said: Iterable[Finding], look: Look) -> Iterator[Finding]:
        """Its exceptions lift what a rule says; where it is not sure that it binds, it becomes a question."""
        rule = chosen.rule
        for finding in said:
            if finding.kind is Kind.ALLOW:
                yield finding
            elif rule.exceptions and rule.exempt(look):
                return
            elif applies and not chosen.doubtful:
                yield rule.shortened(finding, look)
            else:
                words = _ROLE_NOT_KNOWN if chosen.doubtful else _CONDITION_NOT_KNOWN
                yield Finding(_ON_MISSING[rule.on_missing], rule.rule, words)

    def rules_for(self, case: Case) -> tuple[Chosen, ...]:
        action = case.action
        role = case.told("role")
        role = role if isinstance(role, str) and role != "unknown" else None
        key = (action.kind, action.channel, action.rails, role, action.notice, action.purpose)
        if key not in self._chosen:
            if len(self._chosen) > 5_000:
                self._chosen.clear()
            self._chosen[key] = tuple(self._choose(case, role))
        return self._chosen[key]

    def _choose(self, case: Case, role: str | None) -> Iterator[Chosen]:
        for rule in self._compiled:
            roles = rule.rule.scope.roles
            if rule.speaks_about(case.action) and (roles is None or role is None or role in roles):
                yield Chosen(rule, doubtful=roles is not None and role is None)


def _latest(found: Sequence[Finding], kind: Kind) -> datetime | None:
    if kind is not Kind.HOLD:
        return None
    dates = [one.until for one in found if one.kind is kind]
    return None if None in dates else max(date for date in dates if date)


def _as(found: Iterable[Finding], kind: Kind) -> Iterator[Finding]:
    return (replace(one, kind=kind) if one.kind is Kind.DEFER else one for one in found)
