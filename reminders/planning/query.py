"""The one question of planning, asked of a range of accounts: whose step is due, and how can they be reached?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models.consents import CREDITORS_WORD
from common.money import EXPONENTS
from compliance.gate import KIND_OF_CHANNEL
from reminders.channels.chosen import OPT_IN_ONLY
from reminders.planning.full import Full
from reminders.planning.slots import KEYS, Slot
from reminders.planning.steps import StepRow

# A second reminder is not planned while one is under way or the last was planned within this time.
BREATH = timedelta(hours=20)

# What the person said, not the creditor on their behalf: a creditor's yes never outdoes it.
OWN_WORD = f"coalesce(w.evidence ->> 'source', '') NOT IN {CREDITORS_WORD}"

# A balance in hundredths of its main unit, as conditions name it whatever the currency.
_BALANCE = "CASE {} ELSE a.balance_minor END".format(
    " ".join(
        f"WHEN a.currency IN ({', '.join(repr(code) for code in sorted(codes))}) THEN a.balance_minor {scaling}"
        for codes, scaling in (
            ([code for code, places in EXPONENTS.items() if places == 0], "* 100"),
            ([code for code, places in EXPONENTS.items() if places == 3], "/ 10"),
            ([code for code, places in EXPONENTS.items() if places == 6], "/ 10000"),
        )
    )
)
# Every step with its days and conditions; lists travel as text, empty means everybody.
_STEP = """
    SELECT * FROM unnest(%(step_creditors)s::bigint[], %(steps)s::bigint[], %(positions)s::int[], %(from_days)s::int[],
                         %(upto_days)s::int[], %(occasions)s::text[], %(previous)s::text[], %(waits)s::int[],
                         %(channels)s::text[], %(keys)s::text[], %(minimums)s::bigint[], %(maximums)s::bigint[],
                         %(products)s::text[], %(segments)s::text[], %(languages)s::text[],
                         %(reachable)s::text[])
         AS s(creditor_id, step_id, position, from_day, upto_day, occasion, previous, wait, channel_list, key,
              minimum, maximum, products, segments, languages, reachable_by)
"""
# Groups of people: whether the law of their country is in force here, which ways are open to everybody or to who said
# yes, from when, and which holds close all of them. Lists travel as text.
_SLOT = f"""
    SELECT p.*, string_to_array(open_list, ',') AS open_ways, string_to_array(yes_list, ',') AS yes_ways,
           string_to_array(frozen_list, ',') AS frozen
    FROM unnest(%(slot_creditors)s::bigint[], %(countries)s::text[], %(zones)s::text[], %(covered)s::bool[],
                %(open_ways)s::text[], %(yes_ways)s::text[], %(frozen)s::text[],
                {", ".join(f"%({key}_at)s::timestamptz[]" for key in KEYS)})
         AS p(creditor_id, country, time_zone, covered, open_list, yes_list, frozen_list,
              {", ".join(f"{key}_at" for key in KEYS)})
"""  # noqa: S608 - from constants
# Accounts that were contacted as often as caps permit by one way.
_FULL = """
    SELECT account_id, array_agg(channel) AS channels
    FROM unnest(%(full_accounts)s::bigint[], %(full_ways)s::text[]) AS f(account_id, channel) GROUP BY 1
"""
_HELD = """
    SELECT FROM accounts_hold h
    WHERE h.debtor_id = {person} AND (h.account_id IS NULL OR h.account_id = {account})
      AND ('contact' = ANY (h.blocks) OR h.kind = ANY (slot.frozen))
      AND h.starts_at <= %(now)s AND (h.ends_at IS NULL OR h.ends_at > %(now)s)
"""
_REACH = ", ".join(
    f"coalesce(bool_or(kind = '{kind}'), false) AS {kind}" for kind in sorted(set(KIND_OF_CHANNEL.values()))
)
# The way is taken out where nothing that works stands behind it.
_BEHIND = "chosen.channels"
for _kind in sorted(set(KIND_OF_CHANNEL.values())):
    for _way in sorted(way for way, behind in KIND_OF_CHANNEL.items() if behind == _kind):
        _BEHIND = f"array_remove({_BEHIND}, CASE WHEN NOT reach.{_kind} THEN '{_way}' END)"
# Nobody refuses by a way of opting in: those need a yes.
_REFUSABLE = ", ".join(f"'{key}'" for key in KEYS if key not in OPT_IN_ONLY)
_OPT_IN = ", ".join(f"'{key}'" for key in sorted(OPT_IN_ONLY))
_DUE_AT = " ".join(f"WHEN '{key}' THEN slot.{key}_at" for key in KEYS)
_ON_ITS_DAYS = "%(on)s - a.due_date >= step.from_day AND %(on)s - a.due_date < step.upto_day"
_PRODUCT = "step.products = '' OR a.product = ANY (string_to_array(step.products, ','))"
_SEGMENT = "step.segments = '' OR a.segment = ANY (string_to_array(step.segments, ','))"
_LANGUAGE = "step.languages = '' OR d.language = ANY (string_to_array(step.languages, ','))"
_REACHED = "step.reachable_by IN ('', 'in_app') OR EXISTS (" + (
    "SELECT FROM accounts_contactpoint r WHERE r.debtor_id = a.debtor_id AND r.condition <> 'invalid'"
    " AND r.kind = CASE step.reachable_by WHEN 'email' THEN 'email' WHEN 'push' THEN 'app'"
    " WHEN 'letter' THEN 'address'"
    " ELSE 'phone' END)"
)
# What was sent before counts from the newest of its messages: a text after a bounced e-mail is the reminder.
_AFTER_PREVIOUS = """
    step.previous = '' OR coalesce((
        SELECT max((p.sent_at AT TIME ZONE 'UTC')::date) + step.wait <= %(on)s FROM reminders_message p
        WHERE p.account_id = a.id AND p.state IN ('sent', 'delivered')
          AND split_part(p.occasion, '#', 1) = a.due_date::text || ':' || step.previous), false)
"""

# The anti-joins ask tables that are empty for most people; array_remove keeps the step's order of channels; OFFSET 0
# keeps the refusals from being looked up once for each use.
DUE = f"""
    WITH step AS MATERIALIZED (
        SELECT s.*, string_to_array(channel_list, ',') AS channels FROM ({_STEP}) AS s
    ), slot AS MATERIALIZED ({_SLOT}
    ), full_way AS MATERIALIZED ({_FULL}
    ), candidate AS (
        SELECT a.id, a.debtor_id, a.creditor_id, step.step_id, step.position, step.key, step.channels,
               d.country, d.time_zone, a.due_date::text || ':' || step.occasion AS occasion
        FROM accounts_account a
        JOIN step ON step.creditor_id = a.creditor_id AND {_ON_ITS_DAYS}
        JOIN accounts_debtor d ON d.id = a.debtor_id
        WHERE a.id >= %(low)s AND a.id < %(high)s
          AND a.status = 'open' AND a.balance_minor > 0 AND (step.minimum = 0 OR {_BALANCE} >= step.minimum)
          AND (step.maximum IS NULL OR {_BALANCE} <= step.maximum)
          AND ({_PRODUCT}) AND ({_SEGMENT}) AND ({_LANGUAGE}) AND ({_REACHED}) AND ({_AFTER_PREVIOUS})
          AND (a.quiet_until IS NULL OR a.quiet_until <= %(now)s)
    )
    SELECT DISTINCT ON (c.id) c.id, c.debtor_id, c.step_id, c.key, c.occasion, o.channels,
           CASE o.channels[1] {_DUE_AT} END AS due_at
    FROM candidate c
    JOIN slot ON slot.creditor_id = c.creditor_id AND slot.country = c.country AND slot.time_zone = c.time_zone
              AND slot.covered
    LEFT JOIN full_way ON full_way.account_id = c.id
    CROSS JOIN LATERAL (
        SELECT {_REACH} FROM accounts_contactpoint WHERE debtor_id = c.debtor_id AND condition <> 'invalid'
    ) AS reach
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (
            SELECT FROM accounts_consent w WHERE w.debtor_id = c.debtor_id AND NOT w.granted
        ) THEN (
            SELECT array_agg(word.channel) FROM unnest(ARRAY[{_REFUSABLE}]) AS word (channel)
            WHERE NOT (SELECT w.granted FROM accounts_consent w
                       WHERE w.debtor_id = c.debtor_id AND w.channel IN (word.channel, '*')
                         AND w.purpose = 'collection' AND w.contact_point_id IS NULL
                       ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1)
               OR NOT (SELECT w.granted FROM accounts_consent w
                       WHERE w.debtor_id = c.debtor_id AND w.channel IN (word.channel, '*') AND {OWN_WORD}
                         AND w.purpose = 'collection' AND w.contact_point_id IS NULL
                       ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1)
        ) END AS channels OFFSET 0
    ) AS refused
    CROSS JOIN LATERAL (
        SELECT CASE WHEN c.channels <@ slot.open_ways THEN c.channels ELSE (
            SELECT array_agg(way.channel ORDER BY way.place)
            FROM unnest(c.channels) WITH ORDINALITY AS way (channel, place)
            WHERE way.channel = ANY (slot.open_ways) OR (way.channel = ANY (slot.yes_ways) AND (
                SELECT w.granted AND (w.channel = way.channel OR way.channel NOT IN ({_OPT_IN}))
                FROM accounts_consent w
                WHERE w.debtor_id = c.debtor_id AND w.channel IN (way.channel, '*')
                  AND (way.channel NOT IN ({_OPT_IN}) OR {OWN_WORD})
                ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1))
        ) END AS channels OFFSET 0
    ) AS chosen
    CROSS JOIN LATERAL (
        SELECT CASE WHEN refused.channels IS NULL THEN able.channels ELSE (
            SELECT array_agg(way.channel ORDER BY way.place)
            FROM unnest(able.channels) WITH ORDINALITY AS way (channel, place)
            WHERE way.channel <> ALL (refused.channels)) END AS channels
        FROM (SELECT {_BEHIND} AS channels) AS able
    ) AS o
    WHERE cardinality(o.channels) > 0 AND NOT coalesce(o.channels[1] = ANY (full_way.channels), false)
      AND NOT EXISTS ({_HELD.format(person="c.debtor_id", account="c.id")})
      AND NOT EXISTS (
        SELECT FROM reminders_message m
        WHERE m.account_id = c.id AND m.step_id IS NOT NULL
          AND (m.occasion = c.occasion OR m.state IN ('due', 'sending') OR m.created_at > %(breath)s))
    ORDER BY c.id, c.position
"""  # noqa: S608 - from constants

INSERT = f"""
    INSERT INTO reminders_message (account_id, debtor_id, step_id, purpose, occasion, channel, channels_left, due_at,
        state, reason, facts, attempts, subject, body, language, provider_reference, created_at)
    SELECT id, debtor_id, step_id, key, occasion, channels[1], channels[2:], due_at,
        'due', '', '{{}}', 0, '', '', '', '', %(now)s
    FROM ({DUE}) AS due
    ON CONFLICT (account_id, purpose, occasion) DO NOTHING
"""  # noqa: S608 - both parts are constants of this file

BY_STEP = f"SELECT step_id, channels[1], count(*) FROM ({DUE}) AS due GROUP BY 1, 2"  # noqa: S608 - as above
THOSE_PLANNED = f"""
    SELECT id FROM ({DUE}) AS due WHERE step_id = %(step)s AND channels[1] = %(channel)s ORDER BY id
"""  # noqa: S608 - as above

# Why accounts with a step on that day are left out: the first reason that holds, in the order a person would ask.
# Of several steps the last is asked, which in a chain is the one that waits.
_LEFT_OUT = f"""
    SELECT DISTINCT ON (a.id) a.id,
           CASE WHEN a.status <> 'open' OR a.balance_minor <= 0 THEN 'nothing_owed'
                WHEN a.quiet_until > %(now)s THEN 'quiet'
                WHEN EXISTS ({_HELD.format(person="a.debtor_id", account="a.id")}) THEN 'hold'
                WHEN NOT slot.covered THEN 'not_covered'
                WHEN {_BALANCE} < step.minimum THEN 'below_minimum'
                WHEN {_BALANCE} > step.maximum THEN 'above_maximum'
                WHEN NOT ({_PRODUCT}) THEN 'other_product'
                WHEN NOT ({_SEGMENT}) THEN 'other_segment'
                WHEN NOT ({_LANGUAGE}) THEN 'other_language'
                WHEN NOT ({_REACHED}) THEN 'not_reachable'
                WHEN EXISTS (SELECT FROM reminders_message m WHERE m.account_id = a.id AND m.step_id IS NOT NULL
                             AND (m.state IN ('due', 'sending') OR m.created_at > %(breath)s)) THEN 'under_way'
                WHEN EXISTS (SELECT FROM reminders_message m WHERE m.account_id = a.id AND m.step_id IS NOT NULL
                             AND m.occasion = a.due_date::text || ':' || step.occasion) THEN 'already_sent'
                WHEN NOT ({_AFTER_PREVIOUS}) THEN 'waits_for_previous'
                WHEN NOT coalesce((SELECT w.granted FROM accounts_consent w
                                   WHERE w.debtor_id = a.debtor_id AND w.channel = '*' AND w.purpose = 'collection'
                                   ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1), true)
                  OR NOT coalesce((SELECT w.granted FROM accounts_consent w
                                   WHERE w.debtor_id = a.debtor_id AND w.channel = '*' AND w.purpose = 'collection'
                                     AND {OWN_WORD}
                                   ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1), true) THEN 'opted_out'
                WHEN full_way.account_id IS NOT NULL THEN 'often_enough'
                ELSE 'no_way'
           END AS reason
    FROM accounts_account a
    JOIN ({_STEP}) AS step ON step.creditor_id = a.creditor_id AND {_ON_ITS_DAYS}
    JOIN accounts_debtor d ON d.id = a.debtor_id
    JOIN ({_SLOT}) AS slot ON slot.creditor_id = a.creditor_id AND slot.country = d.country
                          AND slot.time_zone = d.time_zone
    LEFT JOIN ({_FULL}) AS full_way ON full_way.account_id = a.id
    WHERE a.id >= %(low)s AND a.id < %(high)s AND a.id NOT IN (SELECT id FROM ({DUE}) AS due)
    ORDER BY a.id, step.position DESC
"""  # noqa: S608 - from constants
NOT_PLANNED = f"SELECT reason, count(*) FROM ({_LEFT_OUT}) AS left_out GROUP BY 1"  # noqa: S608 - as above
THOSE_LEFT_OUT = f"SELECT id FROM ({_LEFT_OUT}) AS left_out WHERE reason = %(reason)s ORDER BY id"  # noqa: S608
THOSE_LEFT_OUT_WHY = f"SELECT reason FROM ({_LEFT_OUT}) AS left_out"  # noqa: S608 - as above

NOT_COVERED = f"""
    SELECT count(DISTINCT a.id) FROM accounts_account a
    JOIN ({_STEP}) AS step ON step.creditor_id = a.creditor_id AND {_ON_ITS_DAYS}
    JOIN accounts_debtor d ON d.id = a.debtor_id
    JOIN ({_SLOT}) AS slot ON slot.creditor_id = a.creditor_id AND slot.country = d.country
                          AND slot.time_zone = d.time_zone
    WHERE a.id >= %(low)s AND a.id < %(high)s AND NOT slot.covered AND a.status = 'open' AND a.balance_minor > 0
"""  # noqa: S608 - from constants


def parameters(
    steps: Sequence[StepRow], places: Sequence[Slot], full: Full, *, on: date, at: datetime
) -> dict[str, Any]:
    """Everything the question needs but the range (`low`, `high`)."""
    return {
        "on": on,
        "now": at,
        "breath": at - BREATH,
        "step_creditors": [row.creditor_id for row in steps],
        "steps": [row.step_id for row in steps],
        "positions": [row.position for row in steps],
        "from_days": [row.from_day for row in steps],
        "upto_days": [row.upto_day for row in steps],
        "occasions": [row.occasion for row in steps],
        "previous": [row.previous for row in steps],
        "waits": [row.wait_days for row in steps],
        "channels": [",".join(row.channels) for row in steps],
        "keys": [row.template_key for row in steps],
        "minimums": [row.minimum_minor for row in steps],
        "maximums": [row.maximum_minor for row in steps],
        "products": [",".join(row.products) for row in steps],
        "segments": [",".join(row.segments) for row in steps],
        "languages": [",".join(row.languages) for row in steps],
        "reachable": [row.reachable_by for row in steps],
        "slot_creditors": [place.creditor_id for place in places],
        "countries": [place.country for place in places],
        "zones": [place.time_zone for place in places],
        "covered": [place.covered for place in places],
        "open_ways": [",".join(place.open_at) for place in places],
        "yes_ways": [",".join(place.yes_at) for place in places],
        "frozen": [",".join(place.frozen) for place in places],
        **{f"{key}_at": [place.open_at.get(key) or place.yes_at.get(key) for place in places] for key in KEYS},
        "full_accounts": [account for account, _way in full],
        "full_ways": [way for _account, way in full],
    }
