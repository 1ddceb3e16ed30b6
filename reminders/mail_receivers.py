"""A mail provider reports what became of a mail, and hands over what people answer, through anymail's doors."""

from __future__ import annotations

from typing import Any

from anymail.signals import inbound, tracking
from django.dispatch import receiver

from reminders.channels.email_events import receipt_of
from reminders.mail_in.receiving import receive_mail
from reminders.receipts import record_receipt


@receiver(tracking, dispatch_uid="reminders.mail_tracking")
def hear_of_mail(sender: Any, *, event: Any, **_: Any) -> None:
    """An error here makes the provider tell us again later."""
    receipt = receipt_of(event)
    if receipt:
        record_receipt(receipt)


@receiver(inbound, dispatch_uid="reminders.mail_inbound")
def hear_mail(sender: Any, *, event: Any, **_: Any) -> None:
    receive_mail(event.message, event_id=event.event_id or "")
