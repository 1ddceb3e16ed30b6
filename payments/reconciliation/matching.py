"""Matching both ways, in SQL: rows of one group and currency must have the same sum on both sides.

A group is what belongs together whatever order it came in: all money in (or back) of one attempt. Only groups with
something unmatched are looked at, and all their rows count, so a later line or posting opens a settled group again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.events import record_events
from accounts.models import Event
from common.by_index import joined_by_index
from common.clock import now
from payments.models import ReconciliationItem
from wallets.models import Provider

_TOUCHED = """
    CREATE TEMP TABLE reconciliation_touched ON COMMIT DROP AS
    SELECT group_key FROM payments_statementline WHERE provider_id = %(provider)s AND state IN ('open', 'item')
    UNION SELECT group_key FROM payments_expectation WHERE provider_id = %(provider)s AND state IN ('open', 'item')
"""
_WORK = """
    CREATE TEMP TABLE reconciliation_work ON COMMIT DROP AS
    WITH both_sides AS (
        SELECT group_key, currency, 0::bigint AS expected, amount_minor AS stated, false AS ours, state,
               booked_at AS at, creditor_id, attempt_id
        FROM payments_statementline JOIN reconciliation_touched USING (group_key)
        WHERE provider_id = %(provider)s AND state <> 'withdrawn'
        UNION ALL
        SELECT group_key, currency, amount_minor, 0, true, state, expected_at, creditor_id, attempt_id
        FROM payments_expectation JOIN reconciliation_touched USING (group_key) WHERE provider_id = %(provider)s
    ), summed AS (
        SELECT group_key, currency, sum(expected)::bigint AS expected, sum(stated)::bigint AS stated,
               bool_or(ours) AS has_ours, bool_or(NOT ours) AS has_theirs, max(creditor_id) AS creditor_id,
               max(attempt_id) AS attempt_id, bool_or(state = 'item') AS told,
               min(at) FILTER (WHERE state = 'open') AS oldest
        FROM both_sides GROUP BY group_key, currency
    )
    SELECT *, expected = stated AS equal,
           count(*) FILTER (WHERE expected <> stated) OVER (PARTITION BY group_key) > 1 AS mixed,
           -- No attempt of ours can come later than its line, so nobody has to wait. A wallet's own schedule can.
           NOT has_ours AND attempt_id IS NULL AND NOT EXISTS (
               SELECT FROM wallets_mandate m WHERE m.provider_id = %(provider)s
               AND m.merchant_reference = substr(group_key, 4)) AS nobodys
    FROM summed
"""
_MARK = """
    UPDATE payments_{table} r
    SET state = CASE WHEN w.equal THEN 'matched'
                     WHEN w.told OR w.nobodys OR w.oldest < %(until)s THEN 'item' ELSE r.state END
    FROM reconciliation_work w
    WHERE r.provider_id = %(provider)s AND r.group_key = w.group_key AND r.currency = w.currency
      AND r.state <> 'withdrawn' AND r.state <> CASE WHEN w.equal THEN 'matched' ELSE 'item' END
"""
_INHERIT = """
    UPDATE payments_statementline s SET creditor_id = w.creditor_id FROM reconciliation_work w
    WHERE s.provider_id = %(provider)s AND s.group_key = w.group_key AND s.creditor_id IS NULL
      AND w.creditor_id IS NOT NULL
"""
_ITEMS = """
    INSERT INTO payments_reconciliationitem AS i (provider_id, group_key, kind, state, currency, expected_minor,
        stated_minor, creditor_id, attempt_id, opened_at, resolution, destination, reason, held_minor, holdings)
    SELECT %(provider)s, group_key,
           CASE WHEN mixed AND has_ours <> has_theirs THEN 'currency' WHEN NOT has_ours THEN 'extra'
                WHEN NOT has_theirs THEN 'missing' ELSE 'amount' END,
           'open', currency, expected, stated, creditor_id, attempt_id, %(now)s, '', '', '', 0, 0
    FROM reconciliation_work WHERE NOT equal AND (told OR nobodys OR oldest < %(until)s)
    ON CONFLICT (provider_id, group_key, currency) DO UPDATE
    SET kind = excluded.kind, expected_minor = excluded.expected_minor, stated_minor = excluded.stated_minor,
        creditor_id = coalesce(excluded.creditor_id, i.creditor_id), state = 'open', resolution = '',
        destination = '', account_id = NULL, reason = '', proposed_by_id = NULL, decided_by_id = NULL, entry_id = NULL,
        resolved_at = NULL, opened_at = CASE WHEN i.state = 'resolved' THEN excluded.opened_at ELSE i.opened_at END
    WHERE i.state = 'resolved' OR (i.kind, i.expected_minor, i.stated_minor)
          IS DISTINCT FROM (excluded.kind, excluded.expected_minor, excluded.stated_minor)
    RETURNING id
"""
_SETTLED = """
    UPDATE payments_reconciliationitem i SET state = 'resolved', resolution = 'auto', resolved_at = %(now)s
    WHERE i.provider_id = %(provider)s AND i.state <> 'resolved' AND i.kind <> 'fee'
      AND NOT EXISTS (SELECT FROM payments_statementline s WHERE s.provider_id = i.provider_id
                      AND s.group_key = i.group_key AND s.currency = i.currency AND s.state = 'item')
      AND NOT EXISTS (SELECT FROM payments_expectation x WHERE x.provider_id = i.provider_id
                      AND x.group_key = i.group_key AND x.currency = i.currency AND x.state = 'item')
    RETURNING id
"""
EVENTS_AT_ONCE = 1000


def lock_books(provider: Provider) -> None:
    """One at a time settles a provider's books, until its transaction ends. Taken before the rows of any difference."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('reconcile'), %s)", [provider.pk])


@transaction.atomic
def match(provider: Provider, *, until: datetime) -> None:
    """Match all that can be; what is older than `until` and still differs becomes an item.

    The caller holds the books.
    """
    given: dict[str, Any] = {"provider": provider.pk, "until": until, "now": now()}
    with joined_by_index(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS reconciliation_touched, reconciliation_work")
        # The planner does not know a new table's size, and would read the whole ledger's rows to match a day's.
        for table, made in (("touched", _TOUCHED), ("work", _WORK)):
            cursor.execute(made, given)
            cursor.execute(f"ANALYZE reconciliation_{table}")
        cursor.execute(_INHERIT, given)
        cursor.execute(_ITEMS, given)
        opened = [pk for (pk,) in cursor.fetchall()]
        for table in ("statementline", "expectation"):
            cursor.execute(_MARK.format(table=table), given)
        cursor.execute(_SETTLED, given)
        settled = [pk for (pk,) in cursor.fetchall()]
        cursor.execute("DROP TABLE reconciliation_touched, reconciliation_work")
    tell_items("reconciliation.opened", opened)
    tell_items("reconciliation.resolved", settled)


def tell_items(kind: str, item_ids: list[int]) -> None:
    """One event for each, written in batches: a day without a statement can open thousands."""
    for start in range(0, len(item_ids), EVENTS_AT_ONCE):
        items = ReconciliationItem.objects.filter(pk__in=item_ids[start : start + EVENTS_AT_ONCE]).order_by("pk")
        record_events(
            [Event(kind=kind, creditor_id=item.creditor_id, source="system", data=facts(item)) for item in items]
        )


def facts(item: ReconciliationItem) -> dict[str, Any]:
    return {
        "item": item.reference,
        "difference": item.kind,
        "provider": item.provider_id,
        "expected_minor": item.expected_minor,
        "stated_minor": item.stated_minor,
        "currency": item.currency,
        "resolution": item.resolution,
    }
