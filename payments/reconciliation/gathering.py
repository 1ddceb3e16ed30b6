"""What the ledger expects of a provider, and whose the lines are: set-based, from what was posted with the money.

A posting is written in the transaction that moves the money, so the expectation exists from that moment; it becomes a
row here when the ledger is read next. Only what was recorded since the last reading is read, with a day to spare for
a transaction that was long in coming; once a week everything is, whatever came in between.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from common.by_index import joined_by_index
from common.clock import now
from payments.models import Attempt, LedgerReading
from payments.models.trust import TRANSFERS
from payments.reconciliation.fees import FEES
from payments.reconciliation.holding import HOLDING
from wallets.models import Provider
from wallets.providers.registry import facts_of

SPARE = timedelta(days=1)
WHOLE = timedelta(days=7)
BEGINNING = datetime.min.replace(tzinfo=UTC)
_EXPECT = """
    INSERT INTO payments_expectation (provider_id, posting_id, entry_id, creditor_id, attempt_id, group_key,
                                      amount_minor, currency, expected_at, state)
    SELECT %(provider)s, p.id, e.id, e.creditor_id, a.id,
           left(CASE WHEN p.amount_minor >= 0 OR NOT %(shows_back)s THEN 'in:' ELSE 'back:' END
                || coalesce(a.merchant_reference, 'entry-' || e.id), 80),
           p.amount_minor, p.currency, e.recorded_at, 'open'
    FROM payments_journalentry e
    JOIN payments_posting p ON p.entry_id = e.id
    LEFT JOIN payments_journalentry r ON r.id = e.reverses_id
    -- A debit of the wallet's own schedule is posted before it has an attempt.
    LEFT JOIN payments_payment y ON y.entry_id = e.id AND y.source = 'scheduled'
    LEFT JOIN payments_attempt a
         ON a.id = coalesce((e.data ->> 'attempt')::bigint,
                            coalesce(e.data ->> 'of_attempt', r.data ->> 'of_attempt')::bigint,
                            (SELECT min(z.id) FROM payments_attempt z WHERE z.payment_id = y.id))
    WHERE e.recorded_at >= %(since)s AND e.kind <> ALL (%(ours_alone)s)
      AND (%(shows_back)s OR p.amount_minor >= 0 OR e.reverses_id IS NOT NULL)
      AND p.ledger_account_id = ANY (ARRAY(
          SELECT id FROM payments_ledgeraccount WHERE kind = 'clearing' AND qualifier = %(key)s))
      AND NOT EXISTS (SELECT FROM payments_expectation x WHERE x.posting_id = p.id)
    ON CONFLICT (posting_id) DO NOTHING
"""
_RECOGNISE = """
    UPDATE payments_statementline s
    SET attempt_id = a.id, creditor_id = c.creditor_id,
        group_key = left(CASE WHEN s.amount_minor >= 0 THEN 'in:' ELSE 'back:' END || a.merchant_reference, 80)
    FROM payments_attempt a JOIN payments_payment p ON p.id = a.payment_id
    JOIN accounts_account c ON c.id = p.account_id
    WHERE s.provider_id = %(provider)s AND s.state IN ('open', 'item') AND s.attempt_id IS NULL
      AND a.provider_id = s.provider_id AND {same}
"""
_OURS = _RECOGNISE.format(same="a.merchant_reference = s.merchant_reference")
# Debits of the wallet's own schedule, and disputes, carry only the wallet's number.
_THEIRS = _RECOGNISE.format(same="a.provider_reference = s.provider_reference AND s.provider_reference <> ''")
ASKABLE = ("sending", "requires_action", "pending", "unknown")


def gather(provider: Provider) -> None:
    """The caller's transaction ends with what was read on record."""
    since = _begin_reading(provider)
    given: dict[str, Any] = {
        "provider": provider.pk,
        "key": provider.key,
        "ours_alone": [*FEES, *HOLDING, *TRANSFERS],
        "since": since,
        "shows_back": facts_of(provider.key).books.shows_money_back,
    }
    with connection.cursor() as cursor:
        with nullcontext() if since == BEGINNING else joined_by_index():
            cursor.execute(_EXPECT, given)
        cursor.execute(_OURS, given)
        cursor.execute(_THEIRS, given)
    _ask_about_paid(provider)


def _begin_reading(provider: Provider) -> datetime:
    """From when on to read. A clock that was put back reads from where it stands now."""
    moment = now()
    LedgerReading.objects.get_or_create(provider=provider)
    reading = LedgerReading.objects.select_for_update().get(provider=provider)
    before, whole = reading.read_at, reading.read_whole_at
    read_whole = before is None or whole is None or not whole <= moment < whole + WHOLE
    reading.read_at = moment
    reading.read_whole_at = moment if read_whole else whole
    reading.save()
    return BEGINNING if read_whole or not before else min(before, moment) - SPARE


def _ask_about_paid(provider: Provider) -> None:
    """The statement says paid and we do not know it yet: the look-up that is due anyway comes at once."""
    lines = provider.statement_lines.filter(state="open", amount_minor__gt=0, attempt__state__in=ASKABLE)
    Attempt.objects.filter(pk__in=lines.values("attempt"), look_up_at__gt=now()).update(look_up_at=now())
