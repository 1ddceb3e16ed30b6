"""The one question of planning, asked of a range of accounts: whose step is due, and how can they be reached?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models.consents import CREDITORS_WORD
from common.money import EXPONENTS
from reminders.planning.slots import Slot
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
                         %(products)s::text[], %(languages)s::text[], %(reachable)s::text[])
         AS s(creditor_id, step_id, position, from_day, upto_day, occasion, previous, wait, channel_list, key,
              minimum, maximum, products, languages, reachable_by)
"""
_ON_ITS_DAYS = "%(on)s - a.due_date >= step.from_day AND %(on)s - a.due_date < step.upto_day"
_PRODUCT = "step.products = '' OR a.product = ANY (string_to_array(step.products, ','))"
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
    ), slot AS MATERIALIZED (
        SELECT * FROM unnest(%(slot_creditors)s::bigint[], %(countries)s::text[], %(zones)s::text[],
                             %(sms)s::bool[], %(email_at)s::timestamptz[], %(sms_at)s::timestamptz[],
                             %(in_app_at)s::timestamptz[])
             AS p(creditor_id, country, time_zone, sms_allowed, email_at, sms_at, in_app_at)
    ), candidate AS (
        SELECT a.id, a.debtor_id, a.creditor_id, step.step_id, step.position, step.key, step.channels,
               d.country, d.time_zone, a.due_date::text || ':' || step.occasion AS occasion
        FROM accounts_account a
        JOIN step ON step.creditor_id = a.creditor_id AND {_ON_ITS_DAYS}
        JOIN accounts_debtor d ON d.id = a.debtor_id
        WHERE a.id >= %(low)s AND a.id < %(high)s
          AND a.status = 'open' AND a.balance_minor > 0 AND (step.minimum = 0 OR {_BALANCE} >= step.minimum)
          AND (step.maximum IS NULL OR {_BALANCE} <= step.maximum)
          AND ({_PRODUCT}) AND ({_LANGUAGE}) AND ({_REACHED}) AND ({_AFTER_PREVIOUS})
          AND (a.quiet_until IS NULL OR a.quiet_until <= %(now)s)
    )
    SELECT DISTINCT ON (c.id) c.id, c.debtor_id, c.step_id, c.key, c.occasion, o.channels,
           CASE o.channels[1] WHEN 'email' THEN slot.email_at WHEN 'in_app' THEN slot.in_app_at ELSE slot.sms_at END
               AS due_at
    FROM candidate c
    JOIN slot ON slot.creditor_id = c.creditor_id AND slot.country = c.country AND slot.time_zone = c.time_zone
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(kind = 'email'), false) AS email,
               coalesce(bool_or(kind = 'phone'), false) AND slot.sms_allowed AS sms
        FROM accounts_contactpoint WHERE debtor_id = c.debtor_id AND condition <> 'invalid'
    ) AS reach
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (
            SELECT FROM accounts_consent w WHERE w.debtor_id = c.debtor_id AND NOT w.granted
        ) THEN (
            SELECT array_agg(word.channel) FROM unnest(ARRAY['email', 'sms', 'in_app']) AS word (channel)
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
        SELECT CASE WHEN c.channels && ARRAY['whatsapp', 'push'] THEN (
            SELECT array_agg(way.channel ORDER BY way.place)
            FROM unnest(c.channels) WITH ORDINALITY AS way (channel, place)
            WHERE way.channel NOT IN ('whatsapp', 'push')
               OR (SELECT w.granted AND w.channel = way.channel FROM accounts_consent w
                   WHERE w.debtor_id = c.debtor_id AND w.channel IN (way.channel, '*') AND {OWN_WORD}
                   ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1)
        ) ELSE c.channels END AS channels OFFSET 0
    ) AS chosen
    CROSS JOIN LATERAL (
        SELECT array_remove(array_remove(array_remove(array_remove(array_remove(chosen.channels,
            CASE WHEN NOT reach.email THEN 'email' END), CASE WHEN NOT reach.sms THEN 'sms' END),
            CASE WHEN 'email' = ANY (refused.channels) THEN 'email' END),
            CASE WHEN 'sms' = ANY (refused.channels) THEN 'sms' END),
            CASE WHEN 'in_app' = ANY (refused.channels) THEN 'in_app' END) AS channels
    ) AS o
    WHERE cardinality(o.channels) > 0
      AND NOT EXISTS (
        SELECT FROM accounts_hold h
        WHERE h.debtor_id = c.debtor_id AND (h.account_id IS NULL OR h.account_id = c.id)
          AND 'contact' = ANY (h.blocks) AND h.starts_at <= %(now)s AND (h.ends_at IS NULL OR h.ends_at > %(now)s))
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
                WHEN EXISTS (SELECT FROM accounts_hold h
                             WHERE h.debtor_id = a.debtor_id AND (h.account_id IS NULL OR h.account_id = a.id)
                               AND 'contact' = ANY (h.blocks) AND h.starts_at <= %(now)s
                               AND (h.ends_at IS NULL OR h.ends_at > %(now)s)) THEN 'hold'
                WHEN {_BALANCE} < step.minimum THEN 'below_minimum'
                WHEN {_BALANCE} > step.maximum THEN 'above_maximum'
                WHEN NOT ({_PRODUCT}) THEN 'other_product'
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
                ELSE 'no_way'
           END AS reason
    FROM accounts_account a
    JOIN ({_STEP}) AS step ON step.creditor_id = a.creditor_id AND {_ON_ITS_DAYS}
    JOIN accounts_debtor d ON d.id = a.debtor_id
    WHERE a.id >= %(low)s AND a.id < %(high)s AND a.id NOT IN (SELECT id FROM ({DUE}) AS due)
    ORDER BY a.id, step.position DESC
"""  # noqa: S608 - from constants
NOT_PLANNED = f"SELECT reason, count(*) FROM ({_LEFT_OUT}) AS left_out GROUP BY 1"  # noqa: S608 - as above
THOSE_LEFT_OUT = f"SELECT id FROM ({_LEFT_OUT}) AS left_out WHERE reason = %(reason)s ORDER BY id"  # noqa: S608


def parameters(steps: Sequence[StepRow], places: Sequence[Slot], *, on: date, at: datetime) -> dict[str, Any]:
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
        "languages": [",".join(row.languages) for row in steps],
        "reachable": [row.reachable_by for row in steps],
        "slot_creditors": [place.creditor_id for place in places],
        "countries": [place.country for place in places],
        "zones": [place.time_zone for place in places],
        "sms": [place.sms_allowed for place in places],
        "email_at": [place.due_at["email"] for place in places],
        "sms_at": [place.due_at["sms"] for place in places],
        "in_app_at": [place.due_at["in_app"] for place in places],
    }
