"""Reading messages: for the account page and the debtor's inbox."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Account, Debtor
from reminders.models import Message


def upcoming_for(account: Account) -> QuerySet[Message]:
    """What is queued, soonest first."""
    return Message.objects.filter(account=account, state__in=["due", "sending"]).order_by("due_at", "id")


def messages_of(account: Account) -> QuerySet[Message]:
    """Everything ever planned or sent for the account, newest first."""
    rows = Message.objects.filter(account=account).select_related("step", "contact_point")
    return rows.prefetch_related("receipts").order_by("-id")


def portal_inbox(account: Account) -> QuerySet[Message]:
    """What the debtor finds in the app, newest first: only messages that were sent there."""
    return Message.objects.filter(account=account, channel="in_app", state__in=["sent", "delivered"]).order_by("-id")


def unread_count(debtor: Debtor) -> int:
    return Message.objects.filter(
        debtor=debtor, channel="in_app", state__in=["sent", "delivered"], read_at__isnull=True
    ).count()
