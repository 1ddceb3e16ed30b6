"""What the ledger expects of a provider, and whose the lines are: set-based, from what was posted with the money."""

from __future__ import annotations

from typing import Any

from django.db import connection

from common.clock import now
from payments.models import Attempt
from payments.reconciliation.fees import FEES
from wallets.models import Provider

# A posting is written in the transaction that moves the money, so none can be lost between the two.
_EXPECT = """
    INSERT INTO payments_expectation (provider_id, posting_id, entry_id, creditor_id, attempt_id, group_key,
                                      amount_minor, currency, expected_at, state)
    SELECT %(provider)s, p.id, e.id, e.creditor_id, a.id,
           left(CASE WHEN p.amount_minor >= 0 THEN 'in:' ELSE 'back:' END
                || coalesce(a.merchant_reference, 'entry-' || e.id), 80),
           p.amount_minor, p.currency, e.recorded_at, 'open'
    FROM payments_posting p
    JOIN payments_ledgeraccount l ON l.id = p.ledger_account_id AND l.kind = 'clearing' AND l.qualifier = %(key)s
    JOIN payments_journalentry e ON e.id = p.entry_id AND e.kind <> ALL (%(fees)s)
    LEFT JOIN payments_attempt a ON a.id = (e.data ->> 'attempt')::bigint
    WHERE NOT EXISTS (SELECT FROM payments_expectation x WHERE x.posting_id = p.id)
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
    given: dict[str, Any] = {"provider": provider.pk, "key": provider.key, "fees": list(FEES)}
    with connection.cursor() as cursor:
        cursor.execute(_EXPECT, given)
        cursor.execute(_OURS, given)
        cursor.execute(_THEIRS, given)
    _ask_about_paid(provider)


def _ask_about_paid(provider: Provider) -> None:
    """The statement says paid and we do not know it yet: the look-up that is due anyway comes at once."""
    lines = provider.statement_lines.filter(state="open", amount_minor__gt=0, attempt__state__in=ASKABLE)
    Attempt.objects.filter(pk__in=lines.values("attempt"), look_up_at__gt=now()).update(look_up_at=now())
