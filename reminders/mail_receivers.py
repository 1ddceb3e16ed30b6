"""A mail provider reports what became of a mail, through anymail's door."""

from __future__ import annotations

from typing import Any

from anymail.signals import tracking
from django.dispatch import receiver

from reminders.channels.email_events import receipt_of
from reminders.receipts import record_receipt


@receiver(tracking, dispatch_uid="reminders.mail_tracking")
def hear_of_mail(sender: Any, *, event: Any, **_: Any) -> None:
    """An error here makes the provider tell us again later."""
    receipt = receipt_of(event)
    if receipt:
        record_receipt(receipt)
