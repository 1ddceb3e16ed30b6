"""Scenario files: what a case says, what the gate answers, and whether they agree."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from compliance.packs import checks
from compliance.packs.actions import Action, Entry, read_action, read_entry, read_moment
from compliance.packs.compute import compute
from compliance.packs.engine import Gate
from compliance.packs.errors import PackError, Place, unknown
from compliance.packs.look import Case
from compliance.packs.matching import in_play
from compliance.packs.reader import read_file
from compliance.packs.schema import Pack
from compliance.packs.verdicts import Kind, Verdict
from compliance.packs.vocabulary import DEBIT

_CASE_FIELDS = (
    "c", "t", "n", "title", "why", "now", "expect", "packs", "tz", "facts", "action", "ledger", "repeat", "compute",
)  # fmt: skip
DECISIONS = frozenset(Kind.__members__)
MAX_REPEAT = 10_000


@dataclass(frozen=True, slots=True)
class Outcome:
    scenario: Any
    case: Any
    title: str
    expected: Mapping[str, Any]
    got: Mapping[str, Any]
    reasons: Sequence[str]
    ok: bool

    def as_json(self) -> Mapping[str, Any]:
        return {
            "scenario": self.scenario,
            "case": self.case,
            "title": self.title,
            "expected": self.expected,
            "got": self.got,
            "rules": self.got.get("rules", []),
            "reasons": list(self.reasons),
            "ok": self.ok,
        }


class Runner:
    """Gates are compiled once for each set of packs."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self.packs = packs
        self._gates: dict[tuple[tuple[str, str], ...], Gate] = {}

    def run(self, path: Path) -> Iterator[Outcome]:
        for number, scenario, case, place in read_cases(path):
            try:
                yield self.judge(number, scenario, case, place)
            except PackError as error:
                title = str(case.get("t", scenario.get("title", "")))
                expected = case.get("expect") if isinstance(case.get("expect"), Mapping) else {}
                yield Outcome(number, case.get("c", ""), title, expected or {}, error.as_json(), [str(error)], False)

    def judge(self, number: Any, scenario: Mapping[str, Any], case: Mapping[str, Any], place: Place) -> Outcome:
        expected = case.get("expect")
        if not isinstance(expected, Mapping) or not {"decision", "value"} & set(expected):
            raise checks.missing(place.inside("expect"))
        if "decision" in expected and expected["decision"] not in DECISIONS:
            raise unknown("unknown_decision", expected["decision"], known=DECISIONS, place=place.inside("expect"))
        title = str(case.get("t") or scenario.get("title") or "")
        if "compute" in case:
            got = {"value": compute(str(case["compute"]), packs=self.packs, place=place)}
            same = str(got["value"]) == str(_plain(expected.get("value")))
            return Outcome(number, case.get("c", ""), title, _plain(expected), got, [], same)
        judged = read_case(case, place=place)
        verdict = self._gate(case, judged, place).decide(judged)
        got = _told(verdict, judged, expected)
        return Outcome(
            number, case.get("c", ""), title, _plain(expected), got, verdict.reasons, _agrees(expected, verdict, judged)
        )

    def _gate(self, case: Mapping[str, Any], judged: Case, place: Place) -> Gate:
        if "packs" in case:
            wanted = checks.texts(case["packs"], place.inside("packs"))
            chosen = [pack for name in wanted for pack in self._named(name, place)]
        else:
            chosen = list(in_play(self.packs, judged.facts))
        key = tuple((pack.id, pack.version) for pack in chosen)
        return self._gates.setdefault(key, Gate(chosen)) if key not in self._gates else self._gates[key]

    def _named(self, name: str, place: Place) -> list[Pack]:
        """Every version: which one binds is a matter of the action's time. `id@version` means that one alone."""
        pack_id, _at, version = name.partition("@")
        found = [one for one in self.packs if one.id == pack_id and (not version or one.version == version)]
        if not found:
            raise unknown("unknown_pack", name, known={one.id for one in self.packs}, place=place.inside("packs"))
        return found


def read_cases(path: Path) -> Iterator[tuple[Any, Mapping[str, Any], Mapping[str, Any], Place]]:
    place = Place(file=path.name)
    body = read_file(path)
    if not isinstance(body, dict) or not isinstance(body.get("scenarios"), list):
        raise checks.wrong(type(body).__name__, place.inside("scenarios"), wants=_("a list of scenarios"))
    for position, scenario in enumerate(body["scenarios"]):
        here = place.inside("scenarios").inside(position)
        if not isinstance(scenario, dict) or not isinstance(scenario.get("cases"), list):
            raise checks.missing(here.inside("cases"))
        base = scenario.get("base") or {}
        for number, case in enumerate(scenario["cases"]):
            spot = here.inside("cases").inside(number)
            if not isinstance(case, dict) or not isinstance(base, dict):
                raise checks.wrong(case, spot, wants=_("a case"))
            _misspelt(case, spot)
            _misspelt(base, here.inside("base"))
            yield scenario.get("n", position + 1), scenario, merged(base, case), spot


def _misspelt(case: Mapping[str, Any], place: Place) -> None:
    """Notes of any name are welcome; a name that nearly is one of ours is a mistake."""
    for key in case:
        if key not in _CASE_FIELDS and len(str(key)) > 3:
            near = difflib.get_close_matches(str(key), _CASE_FIELDS, n=1, cutoff=0.8)
            if near:
                raise unknown("unknown_field", key, known=_CASE_FIELDS, place=place.inside(str(key)))


def merged(base: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    """Facts and the action field by field, the history one after the other; anything else the case replaces."""
    whole = {**base, **case}
    for name in ("facts", "action"):
        whole[name] = {**(base.get(name) or {}), **(case.get(name) or {})}
    whole["ledger"] = [*(base.get("ledger") or []), *(case.get("ledger") or [])]
    return whole


def read_case(case: Mapping[str, Any], *, place: Place) -> Case:
    zones = tuple(_zone(name, place) for name in _listed(case.get("tz")))
    home = zones[0] if zones else ZoneInfo("UTC")
    if "now" not in case:
        raise checks.missing(place.inside("now"))
    now = read_moment(case["now"], zone=home, place=place.inside("now"))
    action = read_action(case["action"], place=place.inside("action"))
    entries = [
        read_entry(one, zone=home, place=place.inside("ledger").inside(n)) for n, one in enumerate(case["ledger"])
    ]
    if case.get("repeat"):
        entries += _repeated(case["repeat"], action, now, place.inside("repeat"))
    return Case(action=action, now=now, zones=zones, facts=case["facts"], ledger=tuple(entries))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value] if value else []


def _zone(name: Any, place: Place) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PackError(
            "unknown_zone", place=place.inside("tz"), problem=_("There is no time zone “%(name)s”.") % {"name": name}
        ) from error


def _repeated(value: Any, action: Action, now: datetime, place: Place) -> list[Entry]:
    """`{n: 10, code: "51", hours: 1}`: so many failed debits like this one, one every so many hours until now."""
    read = checks.table(
        {
            "n": checks.whole(), "hours": checks.whole(1), "code": checks.code, "mac": checks.code,
            "tags": checks.names, "channel": checks.text,
        },
        required=("n",),
    )(value, place)  # fmt: skip
    if read["n"] > MAX_REPEAT:
        raise checks.wrong(read["n"], place.inside("n"), wants=_("at most %(most)s") % {"most": MAX_REPEAT})
    debit = action.kind == DEBIT
    return [
        Entry(
            at=now - timedelta(hours=read.get("hours", 24)) * back,
            channel=read.get("channel", DEBIT if debit else action.channel),
            debts=frozenset(action.debts),
            mandate=action.mandate,
            amount=action.amount,
            code=read.get("code", ""),
            mac=read.get("mac", ""),
            tags=frozenset(read.get("tags", ("failed",) if debit else ())),
        )
        for back in range(read["n"], 0, -1)
    ]


def _told(verdict: Verdict, judged: Case, expected: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"decision": verdict.kind.name}
    if verdict.until:
        told["until"] = _written(verdict.until, judged, expected.get("until"))
    if verdict.kind is not Kind.ALLOW:
        told["rules"] = list(verdict.rules)
    if verdict.requirements:
        told["requirements"] = list(verdict.requirements)
    return told


def _written(moment: datetime, judged: Case, like: Any) -> str:
    """Where the debtor is, unless the expectation is written with another offset: then easy to compare with it."""
    wanted = _moment(like)
    zone = wanted.tzinfo if wanted and wanted.tzinfo else judged.home
    return moment.astimezone(zone).isoformat()


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) else None


def _agrees(expected: Mapping[str, Any], verdict: Verdict, judged: Case) -> bool:
    if expected.get("decision", verdict.kind.name) != verdict.kind.name:
        return False
    if "rules" in expected and set(_listed(expected["rules"])) != set(verdict.rules):
        return False
    for name in ("requirements", "requires", "with"):
        if name in expected and not set(_listed(expected[name])) <= set(verdict.requirements):
            return False
    return "until" not in expected or _same_moment(expected["until"], verdict.until, judged)


def _same_moment(expected: Any, got: datetime | None, judged: Case) -> bool:
    if expected is None or got is None:
        return expected is got
    if isinstance(expected, str) and len(expected) == 10:
        expected = date.fromisoformat(expected)
    if isinstance(expected, date) and not isinstance(expected, datetime):
        return got.astimezone(judged.home).date() == expected
    wanted = _moment(expected)
    if wanted is None:
        return False
    return (wanted if wanted.tzinfo else wanted.replace(tzinfo=judged.home)) == got


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
