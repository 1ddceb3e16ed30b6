"""Messages as claimable rows, and what providers said about them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ContactPoint, Debtor
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.rows import Row
from common.states import StateTable
from reminders.models.channels import CHANNELS
from reminders.models.schedules import Step

MESSAGE_STATES = StateTable(
    "message",
    {
        "due": ("sending", "blocked", "cancelled", "due"),
        "sending": ("sent", "delivered", "failed", "due", "blocked", "cancelled"),
        "sent": ("delivered", "failed", "bounced", "cancelled"),  # a letter that is not printed yet may be cancelled
        "delivered": ("bounced",),
        "failed": (),
        "bounced": (),
        "blocked": (),
        "cancelled": (),
    },
)


class Message(Row):
    """A message to one person about one account. `purpose` + `occasion` make planning the same thing twice impossible.

    Body and subject are filled when it is sent, from the world as it is then, and kept encrypted as evidence.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="messages", db_index=False)
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="messages", db_index=False)
    step = models.ForeignKey(Step, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    contact_point = models.ForeignKey(ContactPoint, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)
    purpose = models.CharField(max_length=24, help_text=_("The template key."))
    occasion = models.CharField(max_length=40, help_text=_("What it is about: a step and date, a payment, a debit."))
    channel = models.CharField(max_length=8, choices=CHANNELS)
    channels_left = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    state = models.CharField(max_length=10, choices=MESSAGE_STATES.choices, default="due")
    reason = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    priority = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text=_("0: an answer or notice a person waits for goes before any reminder.")
    )
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=200, blank=True)
    body = EncryptedTextField(blank=True, default="")
    language = models.CharField(max_length=12, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    silent_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the next channel follows unless the person reacts.")
    )
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            MESSAGE_STATES.constraint("state", "message_state_known"),
            models.UniqueConstraint(fields=["account", "purpose", "occasion"], name="message_once_per_occasion"),
        ]
        indexes = [
            models.Index(
                fields=["channel", "priority", "due_at", "id"], condition=Q(state="due"), name="message_due_by_channel"
            ),
            models.Index(fields=["claimed_until"], condition=Q(state="sending"), name="message_claimed"),
            models.Index(fields=["silent_at"], condition=Q(silent_at__isnull=False), name="message_silent"),
            models.Index(
                fields=["provider_reference"], condition=~Q(provider_reference=""), name="message_provider_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.channel}"


class Receipt(models.Model):
    """What a provider later said about a message; duplicates and disorder are harmless."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="receipts")
    dedupe_key = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=16)
    code = models.CharField(max_length=16, blank=True)
    received_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.status
