"""The append-only business record behind timelines, webhooks and analytics, sealed into a hash chain.

Rows are written without coordination (an import adds a million); a sealer then closes blocks of committed rows and
chains them, so a later change, removal or insertion shows. The database refuses UPDATE and DELETE outright.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from accounts.models.users import User
from common.clock import now
from common.db import CurrentTransaction


class Event(models.Model):
    """One thing that happened. `data` holds facts for people and machines, never plain personal data."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=48)
    # The database does not check these four: see decision 0005.
    account = models.ForeignKey(
        "accounts.Account",
        null=True,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,
        db_constraint=False,
    )
    debtor = models.ForeignKey(
        "accounts.Debtor",
        null=True,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,
        db_constraint=False,
    )
    creditor = models.ForeignKey(
        "accounts.Creditor",
        null=True,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,
        db_constraint=False,
    )
    actor = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="events", db_index=False, db_constraint=False
    )
    source = models.CharField(max_length=16, default="system")
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField(default=now)
    xid = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="event_by_account"),
            BrinIndex(fields=["xid"], name="event_by_transaction", autosummarize=True),
            BrinIndex(fields=["happened_at"], name="event_by_time", autosummarize=True),
        ]

    def __str__(self) -> str:
        return self.kind


class EventSeal(models.Model):
    """A closed block of events: its digest, chained to the block before. `upto_xid` is the first transaction not in."""

    number = models.BigAutoField(primary_key=True)
    from_xid = models.BigIntegerField()
    upto_xid = models.BigIntegerField()
    count = models.IntegerField()
    digest = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"seal {self.number}"
