"""Notes on an account, and who is working on it right now."""

from __future__ import annotations

from django.db import models

from accounts.models.debts import Account
from accounts.models.users import User
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import uuid7


class Note(models.Model):
    """What a person wrote down. Notes say personal things, so the text is encrypted; the event names only its id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    text = EncryptedTextField()
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"note on {self.account_id}"


class WorkLease(models.Model):
    """An account in an agent's hands: nobody else is given it until `until`, in real time."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.CASCADE, related_name="lease")
    agent = models.ForeignKey(User, on_delete=models.CASCADE, related_name="leases")
    taken_at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"lease of {self.account_id}"
