"""When the next message is due: where the sandbox clock can jump to."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from common.clock import now
from reminders.models import Message


def next_message_moment() -> datetime | None:
    moment: datetime | None = Message.objects.filter(state="due", due_at__gt=now()).aggregate(first=Min("due_at"))[
        "first"
    ]
    return moment
