"""One judgement of one contact: our own conditions and every policy pack in play; the strictest word wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Account, ContactPoint
from compliance.contact_ledger import (
    address_digest,
    counted_before,
    first_contact_at,
    history_of,
    refusal_of,
    request_of,
)
from compliance.facts import gather_facts, newest_word, policies_around
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
from compliance.pack_decisions import reason_of
from compliance.pack_facts import (
    About,
    asked_for,
    channel_facts,
    contact_action,
    facts_about,
    kind_of_address,
    purpose_of,
)
from compliance.pack_register import covered, gate_for, packs_in_force
from compliance.packs import verdicts
from compliance.packs.engine import Gate
from compliance.packs.look import Case
from compliance.packs.reach import reach_of
from compliance.packs.verdicts import Finding
from compliance.places import Places, places_of

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


def judge(
    account_id: int, *, channel: str, purpose: str, contact_point: ContactPoint | None, at: datetime,
    carrier_allows: bool = True, lock: bool = False,
) -> Judged:  # fmt: skip
    account, facts = gather_facts(account_id, channel=channel, contact_point=contact_point, at=at, lock=lock)
    action = Action(purpose, channel, carrier_allows=carrier_allows)
    policies = tuple(policies_around(at))
    packs = packs_in_force()
    case = case_of(account, action, facts, contact_point=contact_point, at=at, reach=reach_of(packs))
    gate = gate_for(case.facts, packs=packs)
    return Judged(
        account=account,
        action=action,
        facts=facts,
        policies=policies,
        case=case,
        gate=gate,
        covered=covered(case.facts, packs=packs),
        house=evaluate(action, facts, policies, at),
        law=gate.decide(case),
    )


def case_of(
    account: Account,
    action: Action,
    facts: Facts,
    *,
    contact_point: ContactPoint | None,
    at: datetime,
    reach: timedelta,
) -> Case:
    """Everything that packs of this reach may ask about one contact, read afresh."""
    debtor, places = account.debtor, places_on_file(account)
    zones = tuple(ZoneInfo(zone) for zone in places.zones)
    about = About(
        role=account.creditor.role,
        places=places,
        product=account.product,
        due_date=account.due_date,
        language=debtor.language,
        holds=tuple((hold.kind, hold.since) for hold in facts.holds if hold.since is not None),
    )
    word = newest_word(debtor, channel=action.channel, contact_point=contact_point)
    address = address_digest(contact_point)
    told = facts_about(about, today=at.astimezone(zones[0] if zones else None).date())
    told |= channel_facts(about, channel=action.channel, word=word)
    if began := first_contact_at(account.pk, debtor.pk):
        told["initial_communication"] = began
    lines = history_of(debtor.pk, at=at, reach=reach)
    if zones:
        lines += counted_before(facts.counts, lines, zone=zones[0], before=at)
    lines += refusal_of(word, channel=action.channel, address=address)
    if asked_for(action.purpose):
        lines.append(request_of(action.channel, account=account.pk, at=at))
    return Case(
        action=contact_action(
            account=str(account.pk),
            debtor=str(debtor.pk),
            channel=action.channel,
            purpose=action.purpose,
            address=address,
            address_kind=kind_of_address(action.channel, contact_point.value if contact_point else ""),
        ),
        now=at,
        zones=zones,
        facts=told,
        ledger=tuple(lines),
    )


def places_on_file(account: Account) -> Places:
    found: dict[str, list[str]] = {"phone": [], "address": []}
    points = ContactPoint.objects.filter(debtor_id=account.debtor_id, kind__in=list(found))
    for point in points.exclude(condition="invalid").order_by("position", "id"):
        found[point.kind].append(point.value)
    debtor = account.debtor
    return places_of(
        country=debtor.country,
        time_zone=debtor.time_zone,
        phones=tuple(found["phone"]),
        addresses=tuple(found["address"]),
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
