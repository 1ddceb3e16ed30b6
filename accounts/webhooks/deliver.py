"""Delivering: claim due rows, sign, post, remember what the receiver said, try again later."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import structlog
from django.db import transaction
from django.db.models import Q
from standardwebhooks.webhooks import Webhook

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks.targets import check_target
from common.clock import real_now
from common.errors import PlatformError

log = structlog.get_logger(__name__)

# Waits between tries, as the Standard Webhooks specification suggests: seconds at first, then hours.
RETRY_AFTER = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
LEASE = timedelta(seconds=60)
DISABLE_AFTER_FAILURES = 50
TIMEOUT = httpx.Timeout(10, connect=5)


def _claim(batch: int) -> list[WebhookDelivery]:
    """Due rows, and rows whose deliverer died: the receiver dedupes on the message id, so a repeat is harmless."""
    due = Q(state="due", due_at__lte=real_now()) | Q(state="sending", claimed_until__lt=real_now())
    with transaction.atomic():
        rows = list(
            WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(due, endpoint__active=True)
            .select_related("endpoint")
            .order_by("due_at")[:batch]
        )
        WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            state="sending", claimed_until=real_now() + LEASE
        )
    return rows


def _signed(delivery: WebhookDelivery) -> tuple[str, dict[str, str]]:
    body = json.dumps(delivery.payload, separators=(",", ":"), ensure_ascii=False)
    moment = real_now()
    signature = Webhook(delivery.endpoint.secret).sign(str(delivery.pk), moment, body)
    headers = {
        "content-type": "application/json",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }
    return body, headers


def _post(delivery: WebhookDelivery, client: httpx.Client) -> tuple[int | None, str]:
    """(HTTP status or None, what went wrong). Failure is a value: the row remembers it."""
    try:
        check_target(delivery.endpoint.url)
        body, headers = _signed(delivery)
        with client.stream("POST", delivery.endpoint.url, content=body.encode(), headers=headers) as answer:
            return answer.status_code, "" if answer.is_success else f"answered {answer.status_code}"
    except PlatformError as error:
        return None, error.code
    except httpx.HTTPError as error:
        return None, type(error).__name__


def _settle(delivery: WebhookDelivery, *, status: int | None, problem: str) -> None:
    tries = delivery.attempts + 1
    fields: dict[str, Any] = {"attempts": tries, "last_status": status, "last_error": problem, "claimed_until": None}
    if not problem:
        fields |= {"state": "delivered", "delivered_at": real_now()}
    elif tries > len(RETRY_AFTER):
        fields |= {"state": "failed"}
    else:
        fields |= {"state": "due", "due_at": real_now() + RETRY_AFTER[tries - 1]}
    WebhookDelivery.objects.filter(pk=delivery.pk, state="sending").update(**fields)
    _count_failures(delivery.endpoint, failed=bool(problem))


@transaction.atomic
def _count_failures(endpoint: WebhookEndpoint, *, failed: bool) -> None:
    row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    row.failures_in_a_row = row.failures_in_a_row + 1 if failed else 0
    row.active = row.active and row.failures_in_a_row < DISABLE_AFTER_FAILURES
    row.save(update_fields=["failures_in_a_row", "active"])
    if not row.active:
        log.warning("webhook endpoint disabled after repeated failures", endpoint_id=str(row.pk))


def deliver_due(batch: int = 100) -> int:
    """Deliver what is due; returns how many were tried. Safe to run many times and in many processes."""
    rows = _claim(batch)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
        for delivery in rows:
            status, problem = _post(delivery, client)
            _settle(delivery, status=status, problem=problem)
    return len(rows)


def replay(delivery: WebhookDelivery) -> bool:
    """Send a delivery again, with the same message id. False when it is under way or waiting already."""
    finished = WebhookDelivery.objects.filter(pk=delivery.pk, state__in=["delivered", "failed"])
    return bool(finished.update(state="due", due_at=real_now(), attempts=0))
