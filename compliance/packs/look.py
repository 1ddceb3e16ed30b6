"""One action at one instant, with everything that is known: what every rule looks at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from compliance.packs.actions import UNKNOWN, Action, Entry, aware
from compliance.packs.expressions import Answer, number
from compliance.packs.names import also_called, spellings

ABSENT: Any = object()
_FALSE = frozenset({"false", "no", "none", "never", "0", ""})
_AGE = re.compile(r"_(\d+)d(?=_|$)")
_PAST_DUE = re.compile(r"more_than_(\d+)_days_past_due")
WORKPLACES = frozenset({"employer", "work", "workplace", "work_phone", "place_of_employment", "work_address"})
_REGULATED_RECIPIENTS = frozenset({"attorney", "creditor", "cra"})


@dataclass(slots=True)
class Case:
    """`zones`: every zone the debtor may be in, best evidence first. The history holds nothing later than `now`."""

    action: Action
    now: datetime
    zones: tuple[ZoneInfo, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    ledger: tuple[Entry, ...] = ()
    _told: dict[str, Any] = field(default_factory=dict)
    _by_tag: dict[str, list[Entry]] | None = None
    names: frozenset[str] = frozenset()  # of everything the facts and the action tell

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("a case needs a moment with an offset")
        self.names = frozenset(self.facts) | frozenset(self.action.more)
        past = [entry for entry in self.ledger if entry.at <= self.now]
        self.ledger = tuple(sorted(past, key=_when)) if past else ()

    @property
    def home(self) -> ZoneInfo:
        return self.zones[0] if self.zones else _UTC

    def tagged(self, names: Iterable[str]) -> list[Entry]:
        """Lines of the history with one of these tags, oldest first."""
        if not self.ledger:
            return []
        if self._by_tag is None:
            self._by_tag = {}
            for entry in self.ledger:
                for tag in entry.tags:
                    self._by_tag.setdefault(tag, []).append(entry)
        by_tag = self._by_tag
        found = [entry for name in names if name in by_tag for entry in by_tag[name]]
        return sorted(found, key=_when) if len(found) > 1 else found

    def about_it(self, names: Iterable[str]) -> list[Entry]:
        """Those of `tagged` that are about this very debt, or about none in particular."""
        debts = frozenset(self.action.debts)
        return [one for one in self.tagged(names) if not one.debts or not debts or not one.debts.isdisjoint(debts)]

    def told(self, name: str) -> Any:
        """What the facts, the action or a note in the history say about a name; ABSENT when nothing does."""
        try:
            return self._told[name]
        except KeyError:
            found = self._told[name] = self._find(name)
            return found

    def _find(self, name: str) -> Any:
        facts, more = self.facts, self.action.more
        for word, owner in spellings(name):
            if word in facts:
                return facts[word]
            if word in more:
                return more[word]
            if owner and (owner in facts or owner in more):
                for source in (facts, more):
                    if (inside := _nested(source, word)) is not ABSENT:
                        return inside
        return self._derived(name)

    def _derived(self, name: str) -> Any:
        words, action = also_called(name), self.action
        if action.purpose in words or action.notice in words or not action.tags.isdisjoint(words):
            return True
        if name == "to_attorney_creditor_or_cra":
            return self.action.who in _REGULATED_RECIPIENTS
        if name == "to_workplace":
            return self.action.address_kind in WORKPLACES
        if name.startswith("to_") and name[3:] == self.action.who:
            return True
        if found := _PAST_DUE.fullmatch(name):
            return self._past_due(int(found[1]))
        notes = [entry for entry in self.tagged(words) if entry.channel in _NOTES]
        return notes[-1].at if notes else ABSENT

    def _past_due(self, days: int) -> Any:
        late = number(self.told("days_past_due"))
        if late is None and (due := self.day_of(self.told("due_date"))):
            late = number((self.now.astimezone(self.home).date() - due).days)
        return ABSENT if late is None else late > days

    def moment_of(self, value: Any) -> datetime | None:
        """When a dated fact happened; a bare date is the beginning of that day where the debtor is."""
        if isinstance(value, str):
            value = _parsed(value)
        if isinstance(value, datetime):
            return aware(value, self.home)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=self.home)
        if isinstance(value, Mapping):
            return next((self.moment_of(value[key]) for key in _DATE_KEYS if key in value), None)
        return None

    def day_of(self, value: Any) -> date | None:
        moment = self.moment_of(value)
        return moment.astimezone(self.home).date() if moment else None


_NOTES = frozenset({"note", "event"})
_DATE_KEYS = ("at", "on", "date", "since", "from", "start", "sent", "given", "entered", "received")
_UTC = ZoneInfo("UTC")


def _when(entry: Entry) -> datetime:
    return entry.at


def _nested(source: Mapping[str, Any], name: str) -> Any:
    value: Any = source
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return ABSENT
        value = value[part]
    return value


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> date | datetime | None:
    if not text[:4].isdigit():
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


class Look:
    """A case at one instant. Rules ask it; it implements `Known` of the expressions."""

    __slots__ = ("_days", "_locals", "at", "case")

    def __init__(self, case: Case, at: datetime) -> None:
        self.case, self.at = case, at
        self._locals: tuple[datetime, ...] | None = None
        self._days: tuple[date, ...] | None = None

    @property
    def locals(self) -> tuple[datetime, ...]:
        """The instant on the clocks of every candidate zone (UTC when none is known)."""
        if self._locals is None:
            at = self.at.astimezone(UTC)
            self._locals = tuple(at.astimezone(zone) for zone in self.case.zones or (_UTC,))
        return self._locals

    @property
    def days(self) -> tuple[date, ...]:
        if self._days is None:
            self._days = tuple(local.date() for local in self.locals)
        return self._days

    @property
    def today(self) -> date:
        return self.days[0]

    def value(self, name: str) -> Any:
        told = self.case.told(name)
        return None if told is ABSENT else told

    def truth(self, name: str, *, absent: Answer = False) -> Answer:
        """True, False, or None when it is explicitly unknown; `absent` when nobody said anything."""
        told = self.case.told(name)
        if told is ABSENT:
            return absent
        if told is None or told == UNKNOWN:
            return None
        if isinstance(told, bool):
            return told
        return self._holds(told, name)

    def _holds(self, told: Any, name: str) -> bool:
        if isinstance(told, str) and told.strip().lower() in _FALSE:
            return False
        moment = self.case.moment_of(told)
        if moment is None:
            return bool(told)
        if moment > self.at:
            return False
        if isinstance(told, Mapping) and (end := self.case.moment_of(told.get("until", told.get("to")))):
            return self.at < end
        return self._fresh(moment, name)

    def _fresh(self, moment: datetime, name: str) -> bool:
        """`direct_prior_consent_7d` with its date: seven days, that date the first; a notice of 35 days: at least."""
        found = _AGE.search(name)
        if not found:
            return True
        age = (self.today - moment.astimezone(self.case.home).date()).days
        return age >= int(found[1]) if name.startswith("creditor_notice") else age < int(found[1])

    def since(self, name: str) -> datetime | None:
        """When a dated fact happened, if it has."""
        moment = self.case.moment_of(self.case.told(name))
        return moment if moment and moment <= self.at else None

    def any_true(self, names: Iterable[str]) -> Answer:
        found: Answer = False
        for name in names:
            answer = self.truth(name)
            if answer:
                return True
            found = None if answer is None else found
        return found

    def midnight(self, day: date, zone: ZoneInfo) -> datetime:
        """The first instant of a local day, also where clocks jump over midnight."""
        return first_instant(day, zone)


@lru_cache(maxsize=50_000)
def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Where clocks jump over midnight, the offset before the jump names the very instant of the jump."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
