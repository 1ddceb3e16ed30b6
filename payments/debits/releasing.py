"""An announced debit that is called off goes back in line: should it be planned again, everybody is told again."""

from __future__ import annotations

from accounts.events import record_event
from accounts.models import Account
from payments.models import Instalment


def release(row: Instalment, account: Account, reason: str) -> None:
    """The caller holds the account's lock."""
    row.state, row.last_reason = "scheduled", reason
    row.notice_round += 1
    row.noticed_at = row.notice_sent_at = row.announced_at = row.announced_minor = row.debit_not_before = None
    row.save(
        update_fields=[
            "state",
            "last_reason",
            "notice_round",
            "noticed_at",
            "notice_sent_at",
            "announced_at",
            "announced_minor",
            "debit_not_before",
        ]
    )
    record_event("debit.called_off", account=account, instalment=row.number, reason=reason)
