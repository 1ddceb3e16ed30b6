"""How far a remittance has seen, so that the next draft reads what came since and not the whole ledger.

The mark is a transaction number, not a row's: rows of a transaction that commits late have low numbers, and a mark by
row would pass over them. All transactions below the mark had ended when the draft read the ledger, so it saw what they
wrote; it stops short of the first entry that was there but belongs to a later period. What is above the mark is read
again, and what is already in a remittance is known by its line. In doubt (another database cluster counts its
transactions anew) everything is read.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Min

from payments.models import Remittance
from payments.remittance.candidates import unremitted

_HORIZON = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, system_identifier::text FROM pg_control_system()
"""


def horizon() -> tuple[int, str]:
    """(every transaction below it has ended, the cluster that counts so); to be asked before the ledger is read."""
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        return cursor.fetchone()


def seen_before(previous: Remittance | None) -> int:
    """What `previous` and those before it have accounted for: every entry of a transaction below this number."""
    if previous is None or previous.seen_below is None or previous.seen_by != horizon()[1]:
        return 0
    return previous.seen_below


def mark_for(creditor_id: int, currency: str, *, ended: int, since: int, end: datetime) -> int:
    """The mark of a draft that read up to `end`, from `since` on, when all transactions below `ended` had ended."""
    later = unremitted(creditor_id, currency, since=since).filter(entry__effective_at__gte=end, entry__xid__lt=ended)
    return later.aggregate(first=Min("entry__xid"))["first"] or ended
