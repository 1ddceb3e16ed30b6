"""Asking the gate for good: a decision is stored, and when it allows, the contact is counted in the same breath."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F

from accounts.models import Account, ContactPoint, Debtor
from common.clock import now
from compliance.facts import digest, gather_facts, policies_around
from compliance.gate import COLLECTION, PASSIVE_CHANNELS, PURPOSES, Action, Facts, Kind, Verdict, evaluate
from compliance.models import ContactCount, ContactPolicy, Decision
from compliance.policies import DEFAULT_POLICIES


@dataclass(frozen=True, slots=True)
class Decided:
    """`account` is the account as the decision saw it; `reserved_day` the local day the contact was counted on."""

    verdict: Verdict
    decision: Decision
    account: Account
    reserved_day: date | None = None


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
) -> Decided:
    """Judge one contact with fresh facts and, when allowed, reserve it under the person's caps.

    Call it inside the transaction that commits the sending: the debtor's row stays locked until then, so of two last
    permitted contacts exactly one passes.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("decide() holds a lock: call it inside a transaction.")
    at = at or now()
    lock_debtor(account.debtor_id)
    fresh, facts = gather_facts(account.pk, channel=channel, contact_point=contact_point, at=at, lock=True)
    policies = policies_around(at)
    action = Action(purpose, channel, carrier_allows=carrier_allows)
    verdict = evaluate(action, facts, policies, at)
    decision = _store(verdict, fresh, action, digest(action, facts, policies), at)
    reserved = _reserve(fresh.debtor_id, action, facts, at) if verdict.kind is Kind.ALLOW else None
    return Decided(verdict, decision, fresh, reserved)


def _store(verdict: Verdict, account: Account, action: Action, facts_digest: str, at: datetime) -> Decision:
    return Decision.objects.create(
        account=account,
        debtor_id=account.debtor_id,
        action=action.purpose[:16],
        channel=action.channel,
        verdict=verdict.kind.value,
        until=verdict.until,
        reasons=[_plain(asdict(reason)) for reason in verdict.reasons],
        facts_digest=facts_digest,
        decided_at=at,
    )


def _plain(reason: dict[str, Any]) -> dict[str, Any]:
    return {**reason, "until": reason["until"].isoformat() if reason["until"] else None}


def _reserve(debtor_id: UUID, action: Action, facts: Facts, at: datetime) -> date | None:
    """Count the contact on the person's local day, always told in the first candidate zone."""
    if action.channel in PASSIVE_CHANNELS or not PURPOSES.get(action.purpose, COLLECTION).caps:
        return None
    day = at.astimezone(ZoneInfo(facts.zones[0])).date()
    ContactCount.objects.bulk_create(
        [ContactCount(debtor_id=debtor_id, day=day, channel=action.channel)], ignore_conflicts=True
    )
    ContactCount.objects.filter(debtor_id=debtor_id, day=day, channel=action.channel).update(count=F("count") + 1)
    return day


def release(debtor_id: UUID, *, day: date, channel: str) -> None:
    """Give back a reserved contact that certainly did not reach the person."""
    rows = ContactCount.objects.filter(debtor_id=debtor_id, day=day, channel=channel, count__gt=0)
    rows.update(count=F("count") - 1)


def ensure_default_policies() -> int:
    """Create the policies the platform ships, where a policy of that name is not there yet; how many were new."""
    new = [row for row in DEFAULT_POLICIES if not ContactPolicy.objects.filter(name=row["name"]).exists()]
    ContactPolicy.objects.bulk_create([ContactPolicy(**row) for row in new])
    return len(new)
