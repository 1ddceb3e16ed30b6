"""Decisions of the policy packs as rows: which packs and rules, on which facts, and every word that was said."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import Account
from compliance.models import Decision
from compliance.packs.look import Case
from compliance.packs.verdicts import Finding, Kind, Verdict

STORED_REASONS = 40


def record_decision(verdict: Verdict, *, case: Case, account: Account) -> Decision:
    """Evidence of one decision. Call it in the transaction of what was decided."""
    return Decision.objects.create(
        account=account,
        debtor_id=account.debtor_id,
        action=(case.action.purpose or case.action.kind)[:16],
        channel=(case.action.channel or case.action.rail)[:12],
        verdict=verdict.kind.name.lower(),
        until=verdict.until,
        reasons=[reason_of(one) for one in verdict.findings[:STORED_REASONS] if one.kind is not Kind.ALLOW],
        facts_digest=facts_digest(case),
        packs=[f"{pack.id} {pack.version}" for pack in verdict.packs],
        rules=list(verdict.rules),
        requirements=list(verdict.requirements),
        decided_at=case.now,
    )


def reason_of(found: Finding) -> dict[str, Any]:
    """`words` is the message id: whoever reads it later reads it in their own language."""
    return {
        "rule": found.rule.id,
        "strength": found.rule.strength,
        "says": found.kind.name.lower(),
        "words": found.words,
        "args": {key: str(value) for key, value in found.args.items()},
        "until": found.until.isoformat() if found.until else None,
        "cite": [str(one["instrument"]) for one in found.rule.cite],
    }


def facts_digest(case: Case) -> str:
    """The same facts give the same digest, in whatever order they were told."""
    told = (_plain(case.action), case.now, [zone.key for zone in case.zones], case.facts, case.ledger)
    return hashlib.sha256(repr(_plain(told)).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone().timestamp()
    if value is None or isinstance(value, bool | int | str | Decimal | date):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(str(_plain(one)) for one in value)
    if hasattr(value, "items"):
        return sorted((str(key), _plain(one)) for key, one in value.items())
    return [(one.name, _plain(getattr(value, one.name))) for one in fields(value)]
