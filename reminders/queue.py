"""Single messages outside any schedule: receipts, requested links, confirmations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.models import Account
from common.bulk import insert_rows
from common.clock import now
from common.rows import new_row
from reminders.models import Message

SERVICE_CHANNELS = ("email", "sms", "in_app")


def queue_message(
    account: Account,
    *,
    purpose: str,
    occasion: str,
    channels: tuple[str, ...] = SERVICE_CHANNELS,
    facts: dict[str, Any] | None = None,
) -> Message | None:
    """One message about one thing, due now; None when it was queued before. The gate still decides at sending.

    For a new link at the person's own request: `purpose="payment_link"`, and an occasion of the request's own.
    """
    message = new_message(account, purpose=purpose, occasion=occasion, channels=channels, facts=facts)
    with transaction.atomic():
        if Message.objects.filter(account=account, purpose=purpose, occasion=occasion).exists():
            return None
        queue_messages([message])
    return Message.objects.get(account=account, purpose=purpose, occasion=occasion)


def new_message(
    account: Account,
    *,
    purpose: str,
    occasion: str,
    channels: tuple[str, ...] = SERVICE_CHANNELS,
    facts: dict[str, Any] | None = None,
) -> Message:
    """For `queue_messages`; nothing is written yet."""
    return new_row(
        Message,
        priority=0,
        account=account,
        debtor_id=account.debtor_id,
        purpose=purpose,
        occasion=occasion,
        channel=channels[0],
        channels_left=list(channels[1:]),
        facts=facts or {},
        due_at=now(),
    )


def queue_messages(messages: Sequence[Message]) -> None:
    """Many at once; one that was queued before stays as it is."""
    insert_rows(messages, ignore_conflicts=True)
