"""One judgement of one contact: our own conditions and every policy pack in play; the strictest word wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from accounts.models import Account, ContactPoint
from compliance.cases import case_of, facts_of
from compliance.gate import (
    HORIZON,
    STRICTNESS,
    Action,
    Facts,
    Kind,
    Policy,
    Reason,
    Verdict,
    evaluate,
    no_moment,
    not_covered,
    requirement_not_met,
)
from compliance.known import Known, known_about
from compliance.pack_decisions import reason_of
from compliance.pack_facts import purpose_of
from compliance.pack_register import covered, gate_for
from compliance.packs import verdicts
from compliance.packs.engine import Gate
from compliance.packs.look import Case
from compliance.packs.verdicts import Finding

_OF_CHANNEL = frozenset({"consent", "opt_out", "content", "audience"})


@dataclass(frozen=True)
class Judged:
    """What was asked and what was said. `verdict` is both together, `house` and `law` what each said for itself."""

    account: Account
    action: Action
    facts: Facts
    policies: tuple[Policy, ...]
    case: Case
    gate: Gate
    covered: bool
    house: Verdict
    law: verdicts.Verdict

    @cached_property
    def verdict(self) -> Verdict:
        house = _with_cover(self.house, self.covered, self.action)
        law = _kind_of(self.law)
        worst = max(house.kind, law, key=STRICTNESS.__getitem__)
        reasons = (*(house.reasons if house.kind is worst else ()), *_reasons(self.law, worst))
        if worst is Kind.DEFER:
            return self._deferred(reasons)
        until = self.law.until if law is worst and worst is Kind.HOLD else None
        return Verdict(worst, reasons, until)

    def _deferred(self, reasons: tuple[Reason, ...]) -> Verdict:
        """Both name the first instant that suits them; going on from the later of the two ends where they agree."""
        moment, house, law = self.case.now, self.house, self.law
        limit = max(moment, self.facts.quiet_until or moment) + HORIZON
        while moment <= limit:
            stands = [one for one in (house.until, law.until) if one is not None]
            if not stands:
                return Verdict(Kind.DEFER, reasons, moment)
            moment = max(stands)
            house = evaluate(self.action, self.facts, self.policies, moment)
            law = self.gate.decide(replace_now(self.case, moment))
            worst = max(house.kind, _kind_of(law), key=STRICTNESS.__getitem__)
            if STRICTNESS[worst] > STRICTNESS[Kind.DEFER]:
                later = (*(house.reasons if house.kind is worst else ()), *_reasons(law, worst))
                return Verdict(worst, (*reasons, *later), law.until if worst is Kind.HOLD else None)
        return Verdict(Kind.REVIEW, (*reasons, no_moment()))

    def with_words(self, tokens: frozenset[str], text: str) -> Verdict:
        """The rendered message judged: what it says, and whether it keeps what an ALLOW_WITH asks for."""
        action = replace(self.case.action, tokens=tokens, text=text)
        said = self.gate.decide(replace_now(self.case, self.case.now, action=action))
        if said.kind > verdicts.Kind.ALLOW_WITH:
            return Verdict(_kind_of(said), tuple(_reasons(said, _kind_of(said))), said.until)
        missing = [one for one in self.conditions if one not in tokens]
        if missing:
            return Verdict(Kind.BLOCK, (replace(requirement_not_met(", ".join(missing)), of_channel=True),))
        return Verdict(self.verdict.kind)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must be true of it for an ALLOW_WITH to be an ALLOW."""
        found = (one.requires for one in self.law.findings if one.kind is verdicts.Kind.ALLOW_WITH)
        return tuple(dict.fromkeys(word for words in found for word in words))

    @property
    def countries(self) -> frozenset[str]:
        return frozenset(self.case.facts["debtor.countries"])

    @property
    def packs(self) -> list[str]:
        return [f"{pack.id} {pack.version}" for pack in self.law.packs]

    @property
    def rules(self) -> list[str]:
        """Whose word the verdict is, of the house's own rules and of the packs'."""
        return list(dict.fromkeys(reason.rule for reason in self.verdict.reasons))

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Everything that was said, as it is stored."""
        house = _with_cover(self.house, self.covered, self.action)
        said = [_plain(reason, house.kind) for reason in house.reasons]
        return [*said, *(reason_of(one) for one in self.law.findings if one.kind is not verdicts.Kind.ALLOW)]


def judge(account_id: int, *, channel: str, purpose: str, contact_point: ContactPoint | None, at: datetime) -> Judged:
    """With the rows as they are now, for whoever only asks."""
    known = known_about([account_id], at=at)
    return judge_known(known, account_id, Action(purpose, channel), contact_point=contact_point)


def judge_known(known: Known, account_id: int, action: Action, *, contact_point: ContactPoint | None) -> Judged:
    account = known.accounts[account_id]
    facts = facts_of(known, account, channel=action.channel, contact_point=contact_point)
    case = case_of(known, account, action, facts, contact_point=contact_point)
    gate = gate_for(case.facts, packs=known.packs)
    return Judged(
        account=account,
        action=action,
        facts=facts,
        policies=known.policies,
        case=case,
        gate=gate,
        covered=covered(case.facts, packs=known.packs),
        house=evaluate(action, facts, known.policies, known.at),
        law=gate.decide(case),
    )


def replace_now(case: Case, now: datetime, **fields: Any) -> Case:
    """The same case at another moment; `Case` keeps what it has worked out, so it is made anew."""
    whole: dict[str, Any] = {"action": case.action, "zones": case.zones, "facts": case.facts, "ledger": case.ledger}
    return Case(now=now, **whole | fields)


def _with_cover(house: Verdict, is_covered: bool, action: Action) -> Verdict:
    if is_covered or not purpose_of(action.purpose).needs_pack or house.kind is Kind.BLOCK:
        return house
    if house.kind is Kind.REVIEW:
        return replace(house, reasons=(*house.reasons, not_covered()))
    return Verdict(Kind.REVIEW, (not_covered(),))


def _kind_of(said: verdicts.Verdict) -> Kind:
    return Kind(said.kind.name.lower())


def _reasons(said: verdicts.Verdict, kind: Kind) -> Iterator[Reason]:
    """The findings of one kind; each sentence once, whatever number of rules say it."""
    wanted = verdicts.Kind[kind.name]
    told: set[str] = set()
    for one in said.findings:
        if one.kind is wanted and wanted is not verdicts.Kind.ALLOW and one.reason not in told:
            told.add(one.reason)
            yield Reason(one.rule.id, one.reason, one.until, of_channel=_of_channel(one))


def _of_channel(found: Finding) -> bool:
    return found.rule.type in _OF_CHANNEL and found.rule.scope.channels is not None


def _plain(reason: Reason, kind: Kind) -> dict[str, Any]:
    stored = asdict(reason)
    stored.pop("of_channel")
    return {**stored, "until": reason.until.isoformat() if reason.until else None, "says": kind.value}
