"""From a message or a call to the decision that let it go or kept it back, and to its own page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.urls import reverse

from accounts.models import Account, Event
from accounts.timeline import Links
from compliance.selectors import newest_decisions
from reminders.models import Message


def source_of(message_id: int) -> str:
    """How decisions and the ledger of contacts know a message."""
    return f"message:{message_id}"


def reasons_why(messages: Iterable[Message]) -> dict[int, str]:
    """Where the newest decision about each message is told; those of before a decision knew its message by the number
    the message kept. One question for any number."""
    rows = list(messages)
    found = newest_decisions({source_of(row.pk): row.account_id for row in rows})
    decided = {row.pk: found.get(source_of(row.pk)) or row.facts.get("decision") for row in rows}
    return {pk: reverse("decision_page", args=[decision]) for pk, decision in decided.items() if decision}


def links_of_events(account: Account, events: Sequence[Event]) -> Mapping[int, Links]:
    """For the timeline: each event of a message leads to the message and to its decision."""
    of_event = {event.pk: event.data["message"] for event in events if isinstance(event.data.get("message"), int)}
    if not of_event:
        return {}
    rows = {row.pk: row for row in Message.objects.filter(account=account, pk__in=of_event.values()).defer("body")}
    why = reasons_why(rows.values())
    return {
        pk: Links(reverse("message_page", args=[message]), why.get(message, ""))
        for pk, message in of_event.items()
        if message in rows
    }
