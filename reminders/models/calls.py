"""Calls for people to make."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ContactPoint, Debtor, User
from common.clock import now
from reminders.models.messages import Message


class CallTask(models.Model):
    """A call for a person of ours to make. `reserved_on` is the local day the attempt was counted on."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CALLING = "calling", _("On the phone")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="calls")
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="calls", db_index=False)
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="call")
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.SET_NULL, db_index=False)
    purpose = models.CharField(max_length=24)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    agent = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    called_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    reserved_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state="waiting"), name="call_waiting"),
            models.Index(fields=["debtor"], condition=Q(state="waiting"), name="call_waiting_of_debtor"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"
