"""The one question of planning, asked of a range of accounts: whose step is due, and how can they be reached?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models.consents import CREDITORS_WORD
from reminders.planning.slots import Slot
from reminders.planning.steps import StepRow

# A second reminder is not planned while one is under way or the last was planned within this time.
BREATH = timedelta(hours=20)

# What the person said, not the creditor on their behalf: a creditor's yes never outdoes it.
OWN_WORD = f"coalesce(w.evidence ->> 'source', '') NOT IN {CREDITORS_WORD}"

# The anti-joins ask tables that are empty for most people; array_remove keeps the step's order of channels; OFFSET 0
# keeps the refusals from being looked up once for each use.
DUE = f"""
    WITH step AS MATERIALIZED (
        SELECT creditor_id, step_id, from_day, upto_day, string_to_array(channels, ',') AS channels, key, minimum
        FROM unnest(%(step_creditors)s::bigint[], %(steps)s::bigint[], %(from_days)s::int[], %(upto_days)s::int[],
                    %(channels)s::text[], %(keys)s::text[], %(minimums)s::bigint[])
             AS s(creditor_id, step_id, from_day, upto_day, channels, key, minimum)
    ), slot AS MATERIALIZED (
        SELECT * FROM unnest(%(slot_creditors)s::bigint[], %(countries)s::text[], %(zones)s::text[],
                             %(sms)s::bool[], %(email_at)s::timestamptz[], %(sms_at)s::timestamptz[],
                             %(in_app_at)s::timestamptz[])
             AS p(creditor_id, country, time_zone, sms_allowed, email_at, sms_at, in_app_at)
    ), candidate AS (
        SELECT a.id, a.debtor_id, a.creditor_id, step.step_id, step.key, step.channels,
               a.due_date::text || ':' || to_char(step.from_day, 'FMSG990') AS occasion
        FROM accounts_account a
        JOIN step ON step.creditor_id = a.creditor_id
             AND %(on)s - a.due_date >= step.from_day AND %(on)s - a.due_date < step.upto_day
        WHERE a.id >= %(low)s AND a.id < %(high)s
          AND a.status = 'open' AND a.balance_minor > 0 AND a.balance_minor >= step.minimum
          AND (a.quiet_until IS NULL OR a.quiet_until <= %(now)s)
    )
    SELECT c.id, c.debtor_id, c.step_id, c.key, c.occasion, o.channels,
           CASE o.channels[1] WHEN 'email' THEN slot.email_at WHEN 'sms' THEN slot.sms_at ELSE slot.in_app_at END
               AS due_at
    FROM candidate c
    JOIN accounts_debtor d ON d.id = c.debtor_id
    JOIN slot ON slot.creditor_id = c.creditor_id AND slot.country = d.country AND slot.time_zone = d.time_zone
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
        SELECT array_remove(array_remove(array_remove(array_remove(array_remove(c.channels,
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

# Why accounts with a step on that day are left out: the first reason that holds, in the order a person would ask.
NOT_PLANNED = f"""
    SELECT CASE WHEN a.status <> 'open' OR a.balance_minor <= 0 THEN 'nothing_owed'
                WHEN a.quiet_until > %(now)s THEN 'quiet'
                WHEN EXISTS (SELECT FROM accounts_hold h
                             WHERE h.debtor_id = a.debtor_id AND (h.account_id IS NULL OR h.account_id = a.id)
                               AND 'contact' = ANY (h.blocks) AND h.starts_at <= %(now)s
                               AND (h.ends_at IS NULL OR h.ends_at > %(now)s)) THEN 'hold'
                WHEN a.balance_minor < s.minimum THEN 'below_minimum'
                WHEN EXISTS (SELECT FROM reminders_message m WHERE m.account_id = a.id AND m.step_id IS NOT NULL
                             AND (m.state IN ('due', 'sending') OR m.created_at > %(breath)s)) THEN 'under_way'
                WHEN EXISTS (SELECT FROM reminders_message m WHERE m.account_id = a.id AND m.step_id IS NOT NULL
                             AND m.occasion = a.due_date::text || ':' || to_char(s.from_day, 'FMSG990'))
                     THEN 'already_sent'
                WHEN NOT coalesce((SELECT w.granted FROM accounts_consent w
                                   WHERE w.debtor_id = a.debtor_id AND w.channel = '*' AND w.purpose = 'collection'
                                   ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1), true)
                  OR NOT coalesce((SELECT w.granted FROM accounts_consent w
                                   WHERE w.debtor_id = a.debtor_id AND w.channel = '*' AND w.purpose = 'collection'
                                     AND {OWN_WORD}
                                   ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1), true) THEN 'opted_out'
           END AS reason, count(*)
    FROM accounts_account a
    JOIN unnest(%(step_creditors)s::bigint[], %(from_days)s::int[], %(upto_days)s::int[], %(minimums)s::bigint[])
         AS s(creditor_id, from_day, upto_day, minimum)
         ON s.creditor_id = a.creditor_id AND %(on)s - a.due_date >= s.from_day AND %(on)s - a.due_date < s.upto_day
    WHERE a.id >= %(low)s AND a.id < %(high)s
    GROUP BY 1 HAVING count(*) > 0
"""  # noqa: S608 - from constants


def parameters(steps: Sequence[StepRow], places: Sequence[Slot], *, on: date, at: datetime) -> dict[str, Any]:
    """Everything the question needs but the range (`low`, `high`)."""
    return {
        "on": on,
        "now": at,
        "breath": at - BREATH,
        "step_creditors": [row.creditor_id for row in steps],
        "steps": [row.step_id for row in steps],
        "from_days": [row.from_day for row in steps],
        "upto_days": [row.upto_day for row in steps],
        "channels": [",".join(row.channels) for row in steps],
        "keys": [row.template_key for row in steps],
        "minimums": [row.minimum_minor for row in steps],
        "slot_creditors": [place.creditor_id for place in places],
        "countries": [place.country for place in places],
        "zones": [place.time_zone for place in places],
        "sms": [place.sms_allowed for place in places],
        "email_at": [place.due_at["email"] for place in places],
        "sms_at": [place.due_at["sms"] for place in places],
        "in_app_at": [place.due_at["in_app"] for place in places],
    }
