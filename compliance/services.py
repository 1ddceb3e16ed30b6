"""Asking the gate for good: a decision is stored, and when it allows, the contact is counted in the same breath."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F

from accounts.models import Account, ContactPoint, Debtor
from common.clock import now
from compliance import contact_ledger
from compliance.facts import digest
from compliance.gate import PASSIVE_CHANNELS, Action, Facts, Verdict
from compliance.judging import Judged, judge
from compliance.models import ContactCount, ContactPolicy, Decision
from compliance.pack_decisions import STORED_REASONS, facts_digest
from compliance.pack_facts import purpose_of
from compliance.policies import DEFAULT_POLICIES
from compliance.selectors import usable_contact_point


@dataclass(frozen=True, slots=True)
class Decided:
    """`account` is the account as the decision saw it; `reserved_day` the local day the contact was counted on."""

    verdict: Verdict
    decision: Decision
    account: Account
    judged: Judged
    reserved_day: date | None = None
    source: str = ""


def lock_debtor(debtor_id: UUID) -> None:
    """Serialise decisions about one person until the transaction ends. Foreign keys to the row stay free."""
    Debtor.objects.select_for_update(no_key=True).only("pk").get(pk=debtor_id)


def decide(
    account: Account,
    *,
    channel: str,
    purpose: str,
    contact_point: ContactPoint | None,
    carrier_allows: bool = True,
    at: datetime | None = None,
    source: str = "",
) -> Decided:
    """Judge one contact with fresh facts and, when it may go, reserve it under the person's caps.

    Call it inside the transaction that commits the sending: the debtor's row stays locked until then, so of two last
    permitted contacts exactly one passes. `source` names the row this is for (message:7): by it the decision, and the
    line in the ledger of contacts, are found again. What is sent must pass `approve_words` as well.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("decide() holds a lock: call it inside a transaction.")
    at = at or now()
    lock_debtor(account.debtor_id)
    judged = judge(
        account.pk, channel=channel, purpose=purpose, contact_point=contact_point, at=at,
        carrier_allows=carrier_allows, lock=True,
    )  # fmt: skip
    verdict, fresh = judged.verdict, judged.account
    decision = _store(judged, verdict, source)
    reserved = None
    if verdict.may_go:
        address = judged.case.action.address
        contact_ledger.reserve(
            fresh.debtor_id, account=fresh.pk, channel=channel, purpose=purpose, at=at, address=address, source=source
        )
        reserved = _count(fresh.debtor_id, judged.action, judged.facts, at)
    return Decided(verdict, decision, fresh, judged, reserved, source)


def preview(account: Account, channel: str, purpose: str, at: datetime | None = None) -> Judged:
    """The same judgement for a page that asks "may we contact X by Y at Z?": nothing is locked, stored or counted."""
    point = usable_contact_point(account, channel=channel)
    return judge(account.pk, channel=channel, purpose=purpose, contact_point=point, at=at or now())


def approve_words(decided: Decided, *, tokens: frozenset[str], text: str) -> Verdict:
    """The rendered message, before it leaves: it says what the rules want said, and nothing they forbid.

    A refusal is a decision of its own. The caller gives the reserved contact back.
    """
    verdict = decided.judged.with_words(tokens, text)
    if not verdict.may_go:
        _store(decided.judged, verdict, decided.source)
    return verdict


def consider(account: Account, *, channel: str, purpose: str, source: str = "") -> Verdict:
    """Judge and keep the decision, and reserve nothing: for what a person does later, when it is asked again."""
    point = usable_contact_point(account, channel=channel)
    judged = judge(account.pk, channel=channel, purpose=purpose, contact_point=point, at=now())
    _store(judged, judged.verdict, source)
    return judged.verdict


def _store(judged: Judged, verdict: Verdict, source: str = "") -> Decision:
    own = verdict is judged.verdict
    said = [*(() if own else _words_of(verdict)), *judged.reasons]
    return Decision.objects.create(
        account=judged.account,
        debtor_id=judged.account.debtor_id,
        action=judged.action.purpose[:16],
        channel=judged.action.channel,
        verdict=verdict.kind.value,
        until=verdict.until,
        reasons=said[:STORED_REASONS],
        facts_digest=_digest_of(judged),
        packs=judged.packs,
        rules=list(dict.fromkeys(reason.rule for reason in verdict.reasons)),
        requirements=list(judged.law.requirements),
        source=source[:48],
        decided_at=judged.case.now,
    )


def _words_of(verdict: Verdict) -> list[dict[str, object]]:
    return [
        {"rule": one.rule, "words": one.words, "until": None, "says": verdict.kind.value} for one in verdict.reasons
    ]


def _digest_of(judged: Judged) -> str:
    both = digest(judged.action, judged.facts, list(judged.policies)) + facts_digest(judged.case)
    return hashlib.sha256(both.encode()).hexdigest()


def _count(debtor_id: UUID, action: Action, facts: Facts, at: datetime) -> date | None:
    """Count the contact for the house's caps on the person's local day, always told in the first candidate zone."""
    if action.channel in PASSIVE_CHANNELS or not purpose_of(action.purpose).caps:
        return None
    day = at.astimezone(ZoneInfo(facts.zones[0])).date()
    ContactCount.objects.bulk_create(
        [ContactCount(debtor_id=debtor_id, day=day, channel=action.channel)], ignore_conflicts=True
    )
    ContactCount.objects.filter(debtor_id=debtor_id, day=day, channel=action.channel).update(count=F("count") + 1)
    return day


def release(debtor_id: UUID, *, day: date | None, channel: str, source: str = "") -> None:
    """Give back a reserved contact that certainly did not reach the person."""
    contact_ledger.release(source)
    if day is not None:
        rows = ContactCount.objects.filter(debtor_id=debtor_id, day=day, channel=channel, count__gt=0)
        rows.update(count=F("count") - 1)


def ensure_default_policies() -> int:
    """Create the policies the platform ships, where a policy of that name is not there yet; how many were new."""
    new = [row for row in DEFAULT_POLICIES if not ContactPolicy.objects.filter(name=row["name"]).exists()]
    ContactPolicy.objects.bulk_create([ContactPolicy(**row) for row in new])
    return len(new)
