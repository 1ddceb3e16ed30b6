"""Telling the payments side that a person was really told of a debit, or could not be."""

from __future__ import annotations

from accounts.events import record_event
from payments.services import mark_noticed
from reminders.models import Message


def instalment_was_noticed(message: Message) -> None:
    """In the transaction that marks the notice sent, after the account's lock: the debit's waiting time starts now."""
    if message.sent_at:
        mark_noticed(message.facts["instalment"], message.sent_at)


def notice_could_not_be_given(message: Message, reason: str) -> None:
    """Without the notice there is no debit; a person has to find out why."""
    record_event("debit.notice_failed", account=message.account, message=message.pk, reason=reason[:200])
