"""Telling the payments side that a person was told of a debit."""

from __future__ import annotations

import logging

from payments import services as payment_services
from reminders.models import Message

logger = logging.getLogger(__name__)


def instalment_was_noticed(message: Message) -> None:
    """In the transaction that marks the notice sent, so that a debit can trust it."""
    mark_noticed = getattr(payment_services, "mark_noticed", None)
    if mark_noticed is None:
        logger.error("payments cannot be told of a notice", extra={"message_id": message.pk})
        return
    mark_noticed(message.facts["instalment"], message.sent_at)
