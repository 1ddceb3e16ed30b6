"""Keys for the creditors' machines. Only a hash is kept; the key is shown once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.creditors import Creditor
from common.clock import now

SCOPES = ("accounts:read", "accounts:write", "payments:read", "imports:write", "links:write", "webhooks:write")


class ApiKey(models.Model):
    """`creditor` empty means a platform key that sees every creditor."""

    name = models.CharField(max_length=80)
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=24), default=list)
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
