"""A pack as the evaluator reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Effective:
    """Half-open: the first day it is in force, and the first day it no longer is."""

    start: date = date.min
    end: date = date.max

    def holds_on(self, day: date) -> bool:
        return self.start <= day < self.end

    def overlaps(self, other: Effective) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Scope:
    """None: everybody, every channel, every rail. `needs` is an expression over facts."""

    roles: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    rails: frozenset[str] | None = None
    actions: frozenset[str] | None = None
    notices: frozenset[str] | None = None
    says: frozenset[str] = frozenset()  # which of the above the pack wrote down, even as “all”
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Exemption:
    """`when` is a fact; `permits` says how much it permits."""

    when: str
    permits: tuple[str, ...] = ("all",)


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    type: str
    strength: str
    scope: Scope
    effective: Effective
    params: Mapping[str, Any]
    exceptions: tuple[Exemption, ...] = ()
    on_missing: str | None = None
    cite: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    id: str
    version: str
    rules: tuple[Rule, ...]
    title: str = ""
    status: str = "draft"
    jurisdiction: Mapping[str, str] = field(default_factory=dict)
    effective: Effective = Effective()
    match: Mapping[str, Any] = field(default_factory=dict)
    review: Mapping[str, Any] = field(default_factory=dict)
    calendars: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""

    @property
    def on_missing(self) -> str:
        return str(self.defaults.get("on_missing_fact", "review"))

    @property
    def margin_minutes(self) -> int:
        return int(self.defaults.get("dispatch_margin_min", 0))
