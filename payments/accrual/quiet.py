"""The plain night of an account nothing happened to: a multiplication instead of its whole story.

When an account has been told, what the next nights cost is known until a condition changes (another rate, a stop that
begins or ends, the day of a fee): `AccrualState.quiet_until`. It holds as long as nobody has written the account's row
since (`seen`, the row's own transaction number), no rule has changed (`stamp`), and no fact has come late. In doubt the
story is told; and it is told at least once a month, so that this sum is checked against it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from common.arrays import numbers, texts
from common.clock import now
from payments.accrual.interest import BASIS, is_stopped
from payments.accrual.reading import Story
from payments.accrual.replay import Outcome
from payments.accrual.rules import Rules

DAY = timedelta(days=1)
# Interest runs up in parts so small that every day count and rate comes out whole.
PARTS = 10_000 * 365 * 72
PER_DAY = {name: PARTS // 10_000 // basis for name, basis in BASIS.items()}

_DAYS = """CASE s.day_count WHEN 'thirty_360' THEN
        (extract(year FROM %(day)s::date) - extract(year FROM s.through)) * 360
        + (extract(month FROM %(day)s::date) - extract(month FROM s.through)) * 30
        + least(extract(day FROM %(day)s::date), 30) - least(extract(day FROM s.through), 30)
    ELSE %(day)s::date - s.through END"""
_PER_DAY = (
    "CASE s.day_count " + " ".join(f"WHEN '{name}' THEN {parts}" for name, parts in PER_DAY.items()) + " ELSE 0 END"
)
# What an entry of plain interest says: `Difference.data` of nothing else.
_PARTS = (
    "jsonb_build_object('principal', principal_minor, 'interest', {interest}, 'fees', fees_minor, 'costs', costs_minor)"
)
_BEFORE = f"'before', {_PARTS.format(interest='interest_minor')}"
_AFTER = f"'after', {_PARTS.format(interest='interest_minor + minor')}"
# In two steps, so that a chunk is found by the key alone however many accounts there are.
_CHUNK = """
    SELECT account_id FROM payments_accrualstate
     WHERE account_id > %(after)s AND through < %(day)s AND quiet_until >= %(day)s AND stamp = %(stamp)s
     ORDER BY account_id LIMIT %(size)s
"""
# Both tables are told the keys: from one alone the planner reads the other whole.
# The accounts are locked, what the nights cost is worked out, and it is posted through the ledger's door: all of it by
# one statement, so that nothing of an account has to travel.
_NIGHTS = f"""
    WITH quiet AS MATERIALIZED (
        SELECT *, div(run_up, {PARTS})::bigint AS minor, mod(run_up, {PARTS})::bigint AS left_over
          FROM (SELECT a.id, a.creditor_id, a.currency, a.principal_minor, a.interest_minor, a.fees_minor,
                       a.costs_minor, s.replays,
                       s.carry + a.principal_minor::numeric * s.yearly_basis_points * {_PER_DAY} * {_DAYS} AS run_up
                  FROM payments_accrualstate s JOIN accounts_account a ON a.id = s.account_id
                 WHERE s.account_id = ANY (%(ids)s::bigint[]) AND a.id = ANY (%(ids)s::bigint[])
                   AND s.through < %(day)s AND s.quiet_until >= %(day)s AND s.stamp = %(stamp)s
                   AND s.seen = a.xmin::text::bigint AND a.status = 'open'
                   AND NOT EXISTS (SELECT FROM payments_replaydue d WHERE d.account_id = a.id)
                 ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED) run
    ), given AS MATERIALIZED (
        SELECT array_agg(id ORDER BY id) AS ids, array_agg(creditor_id ORDER BY id) AS creditors,
               array_agg(currency ORDER BY id) AS currencies, array_agg(minor ORDER BY id) AS minors,
               array_agg('accrual:' || id || ':' || replays + 1 ORDER BY id) AS keys,
               array_agg(jsonb_build_object({_BEFORE}, {_AFTER}, 'surplus', 0, 'why', '[]'::jsonb)::text ORDER BY id)
                   AS facts
          FROM quiet WHERE minor > 0
    ), line AS MATERIALIZED (
        SELECT array_agg(place) AS places, array_agg(kind) AS kinds, array_agg(''::text) AS qualifiers,
               array_agg(account_id) AS accounts, array_agg(component) AS components, array_agg(minor) AS minors
          FROM given, unnest(ids, minors) WITH ORDINALITY AS charged (id, owed, place),
               LATERAL (VALUES ('receivable', id, 'interest', owed), ('placed', NULL, '', -owed))
                   AS line (kind, account_id, component, minor)
    )
    SELECT (SELECT count(*) FROM given, line, post_journal_entries(
                array_fill('interest'::text, ARRAY[cardinality(ids)]), creditors, keys,
                array_fill(%(at)s::timestamptz, ARRAY[cardinality(ids)]),
                array_fill(NULL::bigint, ARRAY[cardinality(ids)]), facts, currencies, %(at)s, places, kinds, qualifiers,
                accounts, components, line.minors) WHERE ids IS NOT NULL),
           array_agg(id)::text, array_agg(left_over)::text, array_agg((minor > 0)::int)::text FROM quiet
"""  # noqa: S608 - from constants of this file
_REMEMBER = """
    UPDATE payments_accrualstate s
       SET through = %(day)s, carry = told.carry, replays = s.replays + told.charged, seen = a.xmin::text::bigint
      FROM unnest(%(ids)s::bigint[], %(carries)s::bigint[], %(charged)s::int[]) AS told (id, carry, charged)
      JOIN accounts_account a ON a.id = told.id
     WHERE s.account_id = told.id
"""
_KEEP = """
    INSERT INTO payments_accrualstate (account_id, through, replays, facts, quiet_until, yearly_basis_points, day_count,
                                       carry, stamp, seen)
    SELECT told.*, %(stamp)s, a.xmin::text::bigint
      FROM unnest(%(ids)s::bigint[], %(through)s::date[], %(replays)s::int[], %(facts)s::jsonb[], %(quiet)s::date[],
                  %(yearly)s::int[], %(counts)s::text[], %(carries)s::bigint[])
           AS told (id, through, replays, facts, quiet, yearly, day_count, carry)
      JOIN accounts_account a ON a.id = told.id
    ON CONFLICT (account_id) DO UPDATE SET
        through = excluded.through, replays = excluded.replays, facts = excluded.facts,
        quiet_until = excluded.quiet_until, yearly_basis_points = excluded.yearly_basis_points,
        day_count = excluded.day_count, carry = excluded.carry, stamp = excluded.stamp, seen = excluded.seen
"""


@dataclass(frozen=True)
class Forecast:
    """What the nights from `through` on cost, up to `until`; without it nothing can be said."""

    until: date | None = None
    yearly_basis_points: int = 0
    day_count: str = ""
    carry: int = 0


@dataclass(frozen=True)
class Told:
    """An account as it has just been told, to be remembered."""

    account_id: int
    through: date
    replays: int
    facts: dict[str, list[Any]]
    forecast: Forecast


def stamp_of(rules: Rules) -> int:
    """Another number whenever a rule comes, ends or goes."""
    rows = [(type(row).__name__, row.pk, row.effective_until) for group in _groups(rules) for row in group]
    return zlib.crc32(repr(sorted(rows, key=repr)).encode())


def _groups(rules: Rules) -> tuple[Iterable[Any], ...]:
    return (rules.interest, rules.fees, rules.orders)


def forecast(story: Story, outcome: Outcome) -> Forecast:
    """Nothing can be said where money moved on the last day itself (it may belong to the next one elsewhere), or where
    a limit on all that is added has to be watched."""
    through, conditions = story.latest, story.conditions
    if any(fact.on >= through for fact in story.facts) or any(span.cap_share is not None for span in conditions.spans):
        return Forecast()
    span = next((row for row in conditions.spans if row.covers(through)), None)
    lasting = [(row.start, row.end) for row in conditions.spans] + [(row.start, row.end) for row in conditions.stops]
    edges = [edge for start, end in lasting for edge in (start, end) if edge]
    # A night belongs to the day it begins on, but a fee to its own day.
    changes = [day for day in (*edges, conditions.start) if day > through]
    until = min([*changes, *(day - DAY for day in story.fee_days), _next_month(through)])
    runs = span and through >= conditions.start and not is_stopped(through, conditions.stops, span.runs_during)
    # With its denominator every interest comes out whole.
    carry = (outcome.interest - outcome.interest.__floor__()) * PARTS
    return Forecast(
        until=until if carry.denominator == 1 else None,
        yearly_basis_points=int(span.yearly * 10_000) if span and runs else 0,
        day_count=span.day_count if span and runs else "",
        carry=int(carry),
    )


def _next_month(day: date) -> date:
    return (day.replace(day=1) + 32 * DAY).replace(day=1)


@transaction.atomic
def accrue_quiet(day: date, stamp: int, *, after: int, size: int) -> tuple[int | None, int]:
    """(the last account of this chunk or None at the end, entries posted). A chunk is posted whole or not at all."""
    values: dict[str, Any] = {"day": day, "stamp": stamp, "after": after, "size": size}
    with connection.cursor() as cursor:
        cursor.execute(_CHUNK, values)
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return None, 0
        cursor.execute(_NIGHTS, values | {"ids": numbers(ids), "at": now()})
        posted, *columns = cursor.fetchone()
        cursor.execute(_REMEMBER, dict(zip(("ids", "carries", "charged"), columns, strict=True)) | {"day": day})
    return ids[-1], posted


def remember(told: list[Told], stamp: int) -> None:
    """Keep the states of accounts just told, with their rows as they are now. One statement for all of them."""
    columns: dict[str, Any] = {
        "ids": numbers([row.account_id for row in told]),
        "through": texts([row.through for row in told]),
        "replays": numbers([row.replays for row in told]),
        "facts": texts([json.dumps(row.facts) for row in told]),
        "quiet": texts([row.forecast.until for row in told]),
        "yearly": numbers([row.forecast.yearly_basis_points for row in told]),
        "counts": texts([row.forecast.day_count for row in told]),
        "carries": numbers([row.forecast.carry for row in told]),
    }
    if told:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, columns | {"stamp": stamp})
