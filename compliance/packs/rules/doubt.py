"""What a rule answers when a fact it needs is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

ON_MISSING: Mapping[str, Kind] = {"review": Kind.REVIEW, "block": Kind.BLOCK, "allow": Kind.ALLOW}


def doubt(rule: Rule, pack: Pack) -> Callable[..., Finding]:
    kind = ON_MISSING[rule.on_missing or pack.on_missing]

    def unknown(words: str, **args: Any) -> Finding:
        return Finding(kind, rule, words, args)

    return unknown
