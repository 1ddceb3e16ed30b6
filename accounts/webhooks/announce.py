"""From an event to the deliveries it causes, in the transaction of the event itself: an outbox."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import Event, WebhookDelivery, WebhookEndpoint
from common.clock import real_now

# What a creditor is told in real time; everything else is in the reports and the API. A file's accounts are told
# together, by `import.finished`.
ANNOUNCED = frozenset(
    {
        "account.placed",
        "account.status_changed",
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


def announce(event: Event) -> list[WebhookDelivery]:
    """One delivery row per active endpoint of the creditor that wants this kind."""
    if event.kind not in ANNOUNCED or not event.creditor_id:
        return []
    wanting = WebhookEndpoint.objects.filter(Q(kinds=[]) | Q(kinds__contains=[event.kind]))
    endpoints = wanting.filter(creditor_id=event.creditor_id, active=True)
    payload = _payload(event) if endpoints else {}
    return WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, event=event, kind=event.kind, payload=payload, due_at=real_now())
        for endpoint in endpoints
    )
