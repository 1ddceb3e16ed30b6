"""From an event to the deliveries it causes, in the transaction of the event itself: an outbox."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from accounts.models import Event, WebhookDelivery, WebhookEndpoint
from common.clock import real_now

# What a creditor is told in real time; everything else is in the reports and the API. A file's accounts are told
# together, by `import.finished`.
ANNOUNCED = frozenset(
    {
        "account.placed",
        "account.status_changed",
        "account.written_off",
        "account.write_off_undone",
        "account.recovered",
        "account.recalled",
        "account.recall_undone",
        "account.given_to_agency",
        "account.back_from_agency",
        "account.closed",
        "account.reopened",
        "account.move_settled",
        "payment.succeeded",
        "payment.failed",
        "payment.reversed",
        "payment.given_back",
        "refund.succeeded",
        "mandate.signed",
        "mandate.revoked",
        "hold.placed",
        "hold.ended",
        "import.finished",
        "remittance.approved",
        "remittance.paid",
    }
)


def _payload(event: Event) -> dict[str, Any]:
    data = dict(event.data)
    if event.account:
        data |= {
            "account": event.account.reference,
            "creditor_reference": event.account.creditor_reference,
            "balance_minor": event.account.balance_minor,
            "currency": event.account.currency,
            "status": event.account.status,
        }
    return {"type": event.kind, "timestamp": event.happened_at.isoformat(), "data": data}


def announce(*events: Event) -> list[WebhookDelivery]:
    """One delivery row for each event and each active endpoint of its creditor that wants this kind."""
    worth = [event for event in events if event.kind in ANNOUNCED and event.creditor_id]
    if not worth:
        return []
    endpoints = WebhookEndpoint.objects.filter(active=True, creditor__in={event.creditor_id for event in worth})
    by_creditor: dict[int | None, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in endpoints:
        by_creditor[endpoint.creditor_id].append(endpoint)
    return WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, event=event, kind=event.kind, payload=_payload(event), due_at=real_now())
        for event in worth
        for endpoint in by_creditor[event.creditor_id]
        if not endpoint.kinds or event.kind in endpoint.kinds
    )
