"""Words judged by the packs' rules about wording alone: for what people say, and for texts before anybody reads them.

What else the packs say (hours, caps, consent) is asked by `decide` when the contact is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from accounts.models import Account, Creditor
from common.clock import now
from compliance.judging import judge, replace_now
from compliance.pack_decisions import reason_of
from compliance.pack_facts import contact_action
from compliance.pack_register import gate_for, packs_in_force
from compliance.packs.look import Case
from compliance.packs.rules.content import only_lacks
from compliance.packs.schema import Pack
from compliance.packs.verdicts import Finding, Kind
from compliance.told.decisions import reason_words

_ABOUT_WORDS = frozenset({"content"})
_ANYBODY = "0"
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Refused:
    """One rule against the words, in the reader's language. `lacks`: something is missing, nothing is forbidden."""

    pack: str
    words: str
    lacks: bool


def words_refused(account: Account, *, channel: str, purpose: str, tokens: frozenset[str], text: str) -> list[Refused]:
    """What the packs in play for this person have against these words, this moment."""
    judged = judge(account.pk, channel=channel, purpose=purpose, contact_point=None, at=now())
    action = replace(judged.case.action, tokens=tokens, text=text)
    said = judged.gate.decide(replace_now(judged.case, judged.case.now, action=action))
    return list(_refused(said.findings, said.packs))


def words_refused_anywhere(*, channel: str, purpose: str, tokens: frozenset[str], text: str) -> list[Refused]:
    """The same by any pack in force, for every role: before it is known whom the words are for."""
    action = contact_action(
        account=_ANYBODY, debtor=_ANYBODY, channel=channel, purpose=purpose, tokens=tokens, text=text
    )
    packs, found = packs_in_force(), {}
    for country in sorted({country for pack in packs for country in _countries(pack)}):
        for role in Creditor.Role.values:
            facts = {"role": role, "debtor.countries": [country]}
            case = Case(action, now=now(), zones=(_UTC,), facts=facts)
            said = gate_for(facts, packs=packs).decide(case)
            found.update(dict.fromkeys(_refused(said.findings, said.packs)))
    return list(found)


def _countries(pack: Pack) -> Iterator[str]:
    listed = [country for one in pack.match.get("any_of", ()) for country in one.get("in", ())]
    yield from (one for one in (pack.jurisdiction.get("country", "*"), *listed) if one != "*")


def _refused(findings: Iterable[Finding], packs: Iterable[Pack]) -> Iterator[Refused]:
    whose = {rule.id: pack.title or pack.id for pack in packs for rule in pack.rules}
    for one in findings:
        if one.rule.type in _ABOUT_WORDS and one.kind > Kind.ALLOW_WITH:
            yield Refused(whose.get(one.rule.id, ""), reason_words(reason_of(one)), lacks=only_lacks(one))
