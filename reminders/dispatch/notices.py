"""Telling the payments side that a person was really told of a debit, or could not be."""

from __future__ import annotations

from accounts.events import record_event
from payments import services as payment_services
from payments.models import Instalment
from reminders.models import Message


def instalment_was_noticed(message: Message) -> None:
    """In the transaction that marks the notice sent, after the account's lock: the debit's waiting time starts now."""
    instalment_id = message.facts["instalment"]
    mark_noticed = getattr(payment_services, "mark_noticed", None)
    if mark_noticed is not None:
        mark_noticed(instalment_id, message.sent_at)
        return
    # Payments reads `noticed_at` before each debit; nothing else in it has to change.
    Instalment.objects.filter(pk=instalment_id, state="noticed").update(noticed_at=message.sent_at)


def notice_could_not_be_given(message: Message, reason: str) -> None:
    """Without the notice there is no debit; a person has to find out why."""
    record_event("debit.notice_failed", account=message.account, message=message.pk, reason=reason[:200])
