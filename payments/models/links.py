"""Payment links: a long random address, hashed at rest, that expires and can be revoked."""

from __future__ import annotations

import hashlib

from django.db import models

from accounts.models import Account, User
from common.clock import now


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class PaymentLink(models.Model):
    """The token itself is not kept (it goes out in the message that carries it)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payment_links")
    token_hash = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=12, blank=True)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    first_opened_at = models.DateTimeField(null=True, blank=True)
    opened_count = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link {self.pk}"
