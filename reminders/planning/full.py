"""Who was contacted as often as caps permit: accounts and the ways that are full for now.

Only people whose counts could fill a cap are fetched. The policy packs' caps are counted by `compliance.packs.many`,
and whoever it cannot tell about is left to the gate at sending.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from compliance.gate import PASSIVE_CHANNELS, Policy, has_room
from compliance.pack_facts import About
from compliance.pack_register import gate_for
from compliance.packs.actions import Entry
from compliance.packs.many import Group
from compliance.packs.pasts import EPOCH, Shapes, moment_of
from compliance.packs.rules.cap import Cap
from compliance.places import places_of
from reminders.planning.slots import OWN, Asked, Slot, house_facts

Full = Sequence[tuple[int, str]]
_WEEK = timedelta(days=8)  # local days differ from ours by one at most
_OTHER = "other"
# Lines of people who could have filled one of the caps, with their open accounts. Whoever turned to us, or about whom
# something else became known, is left to the gate.
_LINES = """
    WITH busy AS (
        SELECT debtor_id FROM compliance_contactentry
        WHERE at > %(since)s AND NOT inbound AND channel <> 'note' AND state <> 'released'
        GROUP BY debtor_id HAVING {could}
    )
    SELECT a.id, a.creditor_id, d.country, d.time_zone, e.lines
    FROM busy
    JOIN accounts_debtor d ON d.id = busy.debtor_id
    JOIN accounts_account a ON a.debtor_id = d.id AND a.status = 'open'
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array((extract(epoch FROM at) * 1000000)::bigint, channel, purpose, tags,
                                           accounts)) AS lines
        FROM compliance_contactentry
        WHERE debtor_id = busy.debtor_id AND at > %(since)s AND at <= %(now)s AND NOT inbound AND state <> 'released'
    ) AS e
    WHERE NOT EXISTS (SELECT FROM compliance_contactentry s
                      WHERE s.debtor_id = busy.debtor_id AND (s.inbound OR s.channel = 'note'))
"""
_COUNTS = """
    WITH busy AS (
        SELECT debtor_id, jsonb_agg(jsonb_build_array(day, channel, count)) AS counts FROM compliance_contactcount
        WHERE day > %(since)s AND count > 0 AND channel <> ALL (%(passive)s)
        GROUP BY debtor_id
        HAVING sum(count) >= %(weekly)s OR coalesce(sum(count) FILTER (WHERE day >= %(yesterday)s), 0) >= %(daily)s
    )
    SELECT a.id, a.creditor_id, d.country, d.time_zone, busy.counts
    FROM busy JOIN accounts_debtor d ON d.id = busy.debtor_id
    JOIN accounts_account a ON a.debtor_id = d.id AND a.status = 'open'
"""


def full_ways(places: Sequence[Slot], asked: Asked) -> Full:
    by_place = {(slot.creditor_id, slot.country, slot.time_zone): slot for slot in places if slot.covered}
    return sorted({*_by_the_house(by_place, asked), *_by_law(by_place, asked)})


Places = Mapping[tuple[int, str, str], Slot]


def _by_the_house(by_place: Places, asked: Asked) -> Iterator[tuple[int, str]]:
    """The house's policies count by local days and channels."""
    if not asked.policies or not by_place:
        return
    today = asked.at.date()
    values = {
        "since": today - _WEEK, "yesterday": today - timedelta(days=1), "passive": list(PASSIVE_CHANNELS),
        "weekly": min(policy.weekly_cap for policy in asked.policies),
        "daily": min(policy.daily_cap for policy in asked.policies),
    }  # fmt: skip
    for account, slot, counts in _rows(_COUNTS, values, by_place):
        zones = places_of(country=slot.country, time_zone=slot.time_zone, phones=(), addresses=()).zones
        if not zones:
            continue
        held: dict[tuple[date, str], int] = {(date.fromisoformat(day), way): n for day, way, n in counts}
        for way, moment in {**slot.yes_at, **slot.open_at}.items():
            day = moment.astimezone(ZoneInfo(zones[0])).date()
            if way not in PASSIVE_CHANNELS and not all(
                has_room(policy, held, day) for policy in _binding(asked, slot, way, day)
            ):
                yield account, way


def _binding(asked: Asked, slot: Slot, way: str, day: date) -> Iterator[Policy]:
    about = About(role="", places=places_of(country=slot.country, time_zone=slot.time_zone, phones=(), addresses=()))
    facts = house_facts(about, slot.country, slot.creditor_id, asked.at)
    return (policy for policy in asked.policies if policy.matches(facts, way) and policy.in_force(day))


def _by_law(by_place: Places, asked: Asked) -> Iterator[tuple[int, str]]:
    shapes, groups = Shapes(), dict[tuple[int, str, str], dict[str, Group]]()
    for place, slot in by_place.items():
        groups[place] = _groups(slot, asked, shapes)
    caps = {(limit.most, limit.since) for of_place in groups.values() for limit in _caps(of_place.values())}
    if not caps:
        return
    bits: dict[tuple[str, str, tuple[str, ...], str], int] = {}
    for account, slot, lines in _rows(_LINES.format(could=_could(caps)), _values(caps, asked.at), by_place):
        past = shapes.of_lines(_line(one, account, bits, shapes) for one in lines)
        for way, group in groups[slot.creditor_id, slot.country, slot.time_zone].items():
            answer = group.decide(past)
            if answer is not None and answer.until is not None and answer != group.first:
                opens = group.first.until or asked.at
                if answer.until > opens:
                    yield account, way


def _groups(slot: Slot, asked: Asked, shapes: Shapes) -> dict[str, Group]:
    places = places_of(country=slot.country, time_zone=slot.time_zone, phones=(), addresses=())
    about = About(role=asked.roles[slot.creditor_id], places=places)
    found = {}
    for way in {**slot.yes_at, **slot.open_at}:
        case = asked.case(about, way, None if way in slot.open_at else asked.word, asked.at)
        gate = gate_for(case.facts, packs=asked.national)
        found[way] = Group(gate, case.action, now=case.now, zones=case.zones, facts=case.facts, shapes=shapes)
    return {way: group for way, group in found.items() if _caps([group])}


def _caps(groups: Iterable[Group]) -> list[Any]:
    return [limit for group in groups for limit in group.limits if isinstance(limit.judge, Cap)]


def _could(caps: Iterable[tuple[int, int]]) -> str:
    """Whether so many lines, of whatever kind, are there: numbers of ours, as text."""
    return " OR ".join(
        f"count(*) FILTER (WHERE at >= '{moment_of(since).isoformat()}') >= {most}" for most, since in sorted(caps)
    )


def _values(caps: Iterable[tuple[int, int]], at: datetime) -> dict[str, Any]:
    return {"since": min(moment_of(since) for _most, since in caps) - timedelta(microseconds=1), "now": at}


def _line(one: Any, account: int, bits: dict[Any, int], shapes: Shapes) -> tuple[int, int]:
    at, channel, purpose, tags, accounts = one
    own = OWN if account in accounts else _OTHER if accounts else ""
    key = (channel, purpose, tuple(tags), own)
    if key not in bits:
        debts = frozenset({own} if own else ())
        named = frozenset((*tags, *((purpose,) if purpose else ())))
        bits[key] = shapes.bit(Entry(at=EPOCH, channel=channel, debts=debts, tags=named))
    return at, bits[key]


def _rows(query: str, values: dict[str, Any], by_place: Places) -> Iterator[tuple[int, Slot, list[Any]]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(5_000):
            for account, creditor, country, zone, found in rows:
                if slot := by_place.get((creditor, country, zone)):
                    yield account, slot, json.loads(found)
