"""What people wrote to us and we to them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Debtor, User
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import uuid7
from reminders.models.channels import CHANNELS
from reminders.models.messages import Message


class Conversation(models.Model):
    """Everything one person and we wrote to each other. `waiting_since` is set while a person of ours has to answer."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for us")
        ASSISTED = "assisted", _("Answered by the assistant")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    debtor = models.OneToOneField(Debtor, on_delete=models.CASCADE, related_name="conversation")
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="conversations")
    channel = models.CharField(max_length=8, choices=CHANNELS, default="sms")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    topic = models.CharField(max_length=24, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    assigned_to = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    last_at = models.DateTimeField(default=now)
    last_inbound_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["waiting_since"], condition=Q(state="waiting"), name="conversation_waiting"),
            models.Index(fields=["-last_at"], name="conversation_latest"),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Reply(models.Model):
    """What one of us wrote in a conversation; `text` may still hold variables, filled when it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="replies")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = EncryptedTextField()
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="reply")
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"reply {self.pk}"


class InboundMessage(models.Model):
    """What a person wrote back. The text is encrypted; `recognised` is what we understood."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    debtor = models.ForeignKey(Debtor, null=True, on_delete=models.SET_NULL, related_name="inbound_messages")
    channel = models.CharField(max_length=8, choices=CHANNELS)
    dedupe_key = models.CharField(max_length=120, unique=True)
    text = EncryptedTextField(blank=True, default="")
    recognised = models.CharField(max_length=24, blank=True)
    understood = models.JSONField(default=dict, db_default={})
    received_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"inbound {self.channel}"
