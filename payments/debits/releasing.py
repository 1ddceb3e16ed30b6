"""An announced debit that is called off goes back in line: should it be planned again, everybody is told again."""

from __future__ import annotations

from accounts.events import new_event, record_events
from accounts.models import Account, Event
from payments.models import Instalment

CALLED_OFF = (
    "state",
    "last_reason",
    "notice_round",
    "noticed_at",
    "notice_sent_at",
    "announced_at",
    "announced_minor",
    "debit_not_before",
)


def release(row: Instalment, account: Account, reason: str) -> None:
    """The caller holds the account's lock."""
    event = call_off(row, account, reason)
    row.save(update_fields=CALLED_OFF)
    record_events([event])


def call_off(row: Instalment, account: Account, reason: str) -> Event:
    """In memory; the fields it sets are `CALLED_OFF`, and the event is to be recorded."""
    row.state, row.last_reason = "scheduled", reason
    row.notice_round += 1
    row.noticed_at = row.notice_sent_at = row.announced_at = row.announced_minor = row.debit_not_before = None
    return new_event("debit.called_off", account=account, instalment=row.number, reason=reason)
