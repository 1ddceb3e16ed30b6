"""Decisions of the policy packs as rows: which packs and rules, on which facts, and every word that was said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, cast

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
    return digest_of_told(case.action, case.now, [zone.key for zone in case.zones], case.facts, case.ledger)


def digest_of_told(*told: Any) -> str:
    return hashlib.sha256(_text(told).encode()).hexdigest()


def _text(told: Any) -> str:
    return _ENCODER.encode(told)


def _plain(value: Any) -> Any:
    """What JSON has no words for. Sets have no order of their own, and one in another order is the same set."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, frozenset):
        return _in_order(value)
    if isinstance(value, set):
        return _in_order(frozenset(value))
    if is_dataclass(value):
        values = _values_of(cast(Hashable, value.__class__))
        return [_by_text(one) if type(one) is dict else one for one in values(value)]
    return _by_text(dict(value)) if hasattr(value, "items") else str(value)


def _by_text(told: dict[Any, Any]) -> dict[str, Any]:
    return {key if isinstance(key, str) else _text(key): one for key, one in told.items()}


@lru_cache(maxsize=1_000)
def _in_order(values: frozenset[Any]) -> list[str]:
    return sorted(_text(one) for one in values)


@cache
def _values_of(kind: Hashable) -> Callable[[Any], Any]:
    return attrgetter(*(one.name for one in fields(cast(Any, kind))))


_ENCODER = json.JSONEncoder(default=_plain, sort_keys=True)
