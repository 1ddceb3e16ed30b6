"""freeze: something happened, and until something else does, nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from compliance.packs.actions import Action, Entry
from compliance.packs.look import Look, first_instant
from compliance.packs.names import also_called
from compliance.packs.periods import period_state
from compliance.packs.permits import permitted
from compliance.packs.rules.doubt import doubt
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind
from compliance.packs.vocabulary import CONTACT

_FROZEN = gettext_noop("%(trigger)s: this stands still.")
_UNKNOWN = gettext_noop("It is not known whether this applies: %(trigger)s.")
_THEN = gettext_noop("Before it goes on: %(then)s.")
_DATED = ("", "_at", "_on", "_date", "_from", "_start", "_since", "_entered", "_entry", "_registered", "_received")
_ENDED = ("_ended", "_cancelled", "_canceled", "_lifted", "_revoked", "_withdrawn", "_resolved", "_closed")
_DEMANDS = frozenset({"demand", "payment_demand", "payment_reminder", "reminder", "collection"})


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    params, unknown = rule.params, doubt(rule, pack)
    triggers = tuple(dict.fromkeys(word for name in params["trigger"] for word in also_called(name)))
    dated = frozenset(f"{word}{suffix}" for word in triggers for suffix in _DATED)
    endings = _endings(rule)
    label = params["trigger"][0].replace("_", " ")

    def look(at: Look) -> Iterable[Finding]:
        action = at.case.action
        if not _blocks(params["blocks"], action):
            return ()
        state = _frozen_since(at, triggers, dated, rule)
        if state is False:
            return ()
        if state is None:
            return (unknown(_UNKNOWN, trigger=label),)
        since = state if isinstance(state, datetime) else None
        ended = _ended(at, endings, since, rule)
        if ended is not None:
            thaw = _thaw(rule, ended, at)
            if thaw is None or thaw <= at.at:
                return _afterwards(rule, at)
            return () if _permits(rule, at, since) else (_held(rule, label, thaw),)
        until = _runs_out(rule, since, at) if "days" in params else None
        if until is not None and until <= at.at:
            return ()
        if _permits(rule, at, since):
            return ()
        if "days" in params:
            return (_held(rule, label, until),)
        return (Finding(Kind.BLOCK, rule, _FROZEN, {"trigger": label}),)

    return look


def _held(rule: Rule, label: str, until: datetime | None) -> Finding:
    """With a date it is on hold until then; without one nobody can say."""
    kind = Kind.BLOCK if until is None else Kind.HOLD
    return Finding(kind, rule, _FROZEN, {"trigger": label}, until)


def _blocks(blocked: Iterable[str], action: Action) -> bool:
    if action.kind in blocked:
        return True
    return action.kind == CONTACT and "demand" in blocked and action.purpose in _DEMANDS


def _permits(rule: Rule, at: Look, since: datetime | None) -> bool:
    if rule.params.get("portion_only") and _undisputed(at):
        return True
    return permitted(rule.params.get("permits", ()), at, since=since)


def _undisputed(at: Look) -> bool:
    """Only a part is disputed, and this is about the other part."""
    portion = at.value("portion")
    return portion == "undisputed" or at.truth("undisputed_portion") is True or at.truth("undisputed") is True


def _frozen_since(at: Look, triggers: tuple[str, ...], dated: frozenset[str], rule: Rule) -> datetime | bool | None:
    """The newest trigger that reaches this action; True: it happened, nobody knows when; None: unknown; False: no."""
    found = [entry.at for entry in _events(at, triggers, rule) if _within(rule, entry.at, at)]
    newest = max(found) if found else None
    if dated.isdisjoint(at.case.names):
        return newest or False
    for source in (at.case.facts, at.case.action.more):
        for name in dated & source.keys():
            told = source[name]
            moment = at.case.moment_of(told)
            if told is None or told == "unknown":
                return newest
            if moment is None:
                return newest or (bool(at.truth(name)) and _within(rule, None, at))
            if moment <= at.at and _within(rule, moment, at):
                newest = max(newest or moment, moment)
    return newest or False


def _events(at: Look, triggers: tuple[str, ...], rule: Rule) -> Iterator[Entry]:
    for entry in at.case.tagged(triggers):
        if entry.at <= at.at and _reaches(entry, at.case.action, rule.params["over"]):
            yield entry


def _reaches(entry: Entry, action: Action, over: Iterable[str]) -> bool:
    """Who is frozen: this person, this debt whoever owes it, this mandate. What is not written down reaches all."""
    if "debt" in over or "agreement" in over:
        return not entry.debts or not action.debts or bool(entry.debts & set(action.debts))
    if "mandate" in over:
        return not entry.mandate or not action.mandate or entry.mandate == action.mandate
    if "address" in over:
        return not entry.address or not action.address or entry.address == action.address
    if "joint_debtors" in over:
        return True
    return not entry.person or not action.person or entry.person == action.person


def _within(rule: Rule, moment: datetime | None, at: Look) -> bool:
    """Only what was said within a period freezes. A period nobody can show to have ended has not ended."""
    name = rule.params.get("only_within")
    return name is None or period_state(name, moment, at) is not False


def _endings(rule: Rule) -> tuple[str, ...]:
    names = []
    if until := rule.params.get("until"):
        names += [until, *until.split("_or_")]
    names += [f"{trigger}{ending}" for trigger in rule.params["trigger"] for ending in _ENDED]
    return tuple(dict.fromkeys(word for name in names for word in also_called(name)))


def _ended(at: Look, endings: tuple[str, ...], since: datetime | None, rule: Rule) -> datetime | None:
    """When what ends it happened, after it began."""
    found = [
        entry.at
        for entry in at.case.tagged(endings)
        if (since is None or entry.at >= since) and _reaches(entry, at.case.action, rule.params["over"])
    ]
    for name in at.case.names.intersection(endings):
        for source in (at.case.facts, at.case.action.more):
            if name not in source or at.truth(name) is not True:
                continue
            moment = at.case.moment_of(source[name])
            if moment is None or since is None or moment >= since or _same_day(moment, since, at):
                found.append(moment or at.at)
    return max(found) if found else None


def _same_day(one: datetime, other: datetime, at: Look) -> bool:
    return one.astimezone(at.case.home).date() == other.astimezone(at.case.home).date()


def _runs_out(rule: Rule, since: datetime | None, at: Look) -> datetime | None:
    """Counted in whole days, from the day after the event unless the pack says from the event's own day."""
    if since is None:
        return None
    more = 0 if rule.params.get("day_one") == "event_date" else 1
    return _start_of_day(since, rule.params["days"] + more, at)


def _thaw(rule: Rule, ended: datetime, at: Look) -> datetime | None:
    days = rule.params.get("then_days")
    return _start_of_day(ended, days + 1, at) if days else None


def _start_of_day(moment: datetime, days: int, at: Look) -> datetime:
    zones = at.case.zones or (at.case.home,)
    return max(first_instant(_day(moment, zone) + timedelta(days=days), zone) for zone in zones)


def _day(moment: datetime, zone: Any) -> date:
    return moment.astimezone(zone).date()


def _afterwards(rule: Rule, at: Look) -> Iterable[Finding]:
    then: Mapping[str, Any] | str | None = rule.params.get("then")
    if not then or any(at.truth(f"{then}{suffix}") for suffix in ("", "ed", "_done", "_passed")):
        return ()
    return (Finding(Kind.ALLOW_WITH, rule, _THEN, {"then": str(then).replace("_", " ")}, None, (str(then),)),)
