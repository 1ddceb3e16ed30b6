"""The reminders app reports that the notice before a debit has really gone out: the waiting time counts from there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments.debits.calendar import debit_from, zone_of
from payments.models import Instalment
from payments.services.locking import lock_account


@transaction.atomic
def mark_noticed(instalment_id: int, sent_at: datetime) -> bool:
    """The notice of this instalment was sent at `sent_at`. False when it no longer waits for its debit."""
    account = lock_account(Instalment.objects.values_list("plan__account_id", flat=True).get(pk=instalment_id))
    row = Instalment.objects.select_for_update().get(pk=instalment_id)
    if row.state != "noticed":
        return False
    row.noticed_at = row.notice_sent_at = sent_at
    row.debit_not_before = max(debit_from(row.debit_on, zone_of(account.debtor), sent_at), _retry_at(row) or sent_at)
    row.last_reason = "" if row.last_reason == "notice_not_given" else row.last_reason
    row.save(update_fields=["noticed_at", "notice_sent_at", "debit_not_before", "last_reason"])
    return True


def _retry_at(row: Instalment) -> datetime | None:
    """The hour of a try that is announced anew; its day is the instalment's own."""
    if row.retry_on is None:
        return None
    return row.retry_decisions.order_by("-pk").values_list("next_at", flat=True).first()
