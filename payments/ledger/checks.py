"""Independent questions to the ledger: does it balance, and do the cached balances agree with it?"""

from __future__ import annotations

from django.db import connection

_UNBALANCED = """
    SELECT entry_id, currency, sum(amount_minor) FROM payments_posting
    GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0
"""
_DRIFTED = """
    SELECT a.id, a.balance_minor, coalesce(p.total, 0) FROM accounts_account a
    LEFT JOIN (SELECT p.account_id, sum(p.amount_minor) AS total FROM payments_posting p
               JOIN payments_ledgeraccount l ON l.id = p.ledger_account_id AND l.kind = 'receivable'
               GROUP BY p.account_id) p ON p.account_id = a.id
    WHERE a.balance_minor <> coalesce(p.total, 0)
"""


def _rows(sql: str) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def unbalanced_entries() -> list[tuple[int, ...]]:
    """(entry, currency, sum) of every entry that does not sum to zero: must be empty."""
    return _rows(_UNBALANCED)


def drifted_accounts() -> list[tuple[int, ...]]:
    """(account, cached balance, sum of postings) wherever the two differ: must be empty."""
    return _rows(_DRIFTED)
