"""Outgoing notices to creditors (Standard Webhooks): endpoints and the delivery log."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.creditors import Creditor
from accounts.models.events import Event
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import uuid7
from common.states import StateTable

DELIVERY_STATES = StateTable(
    "webhook delivery",
    {
        "due": ("sending", "cancelled"),
        "sending": ("delivered", "due", "failed"),
        "delivered": ("due",),
        "failed": ("due",),
        "cancelled": (),
    },
)


class WebhookEndpoint(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    creditor = models.ForeignKey(Creditor, on_delete=models.CASCADE, related_name="webhook_endpoints")
    url = models.URLField(max_length=400)
    secret = EncryptedTextField()
    kinds = ArrayField(models.CharField(max_length=48), default=list, blank=True)
    active = models.BooleanField(default=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event to one endpoint; the id is the message id the receiver dedupes on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.PROTECT)
    kind = models.CharField(max_length=48)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=DELIVERY_STATES.choices, default="due")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=now)
    claimed_until = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_once_per_event"),
            DELIVERY_STATES.constraint("state", "webhook_delivery_state_known"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state__in=["due", "sending"]), name="webhook_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.endpoint_id}"
