"""The double-entry ledger: append-only, integer minor units, every entry sums to zero per currency.

Signs: a debit is positive, a credit negative. The database enforces balance and immutability by triggers
(migration 0003): all postings of an entry are written in the transaction that wrote the entry.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Creditor
from common.clock import now
from common.db import CurrentTransaction
from common.rows import Row


class LedgerAccount(models.Model):
    """One line of the chart, per creditor and currency. No running balance: a balance is the sum of postings."""

    class Kind(models.TextChoices):
        RECEIVABLE = "receivable", _("Owed by debtors")
        PLACED = "placed", _("Placed by the creditor")
        CLEARING = "clearing", _("Wallet clearing")
        PAYABLE = "payable", _("Owed to the creditor")
        PROVIDER_FEES = "provider_fees", _("Provider fees")
        COMMISSION = "commission", _("Commission")
        SUSPENSE = "suspense", _("Suspense")
        SETTLEMENT_DISCOUNT = "settlement_discount", _("Settlement discount")
        WRITE_OFF = "write_off", _("Write-off")
        REFUNDS = "refunds", _("Refunds")
        TRUST = "trust", _("Trust")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="ledger_accounts")
    currency = models.CharField(max_length=4)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    qualifier = models.CharField(max_length=24, blank=True, help_text=_("The provider, for clearing and its fees."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "currency", "kind", "qualifier"], name="ledger_account_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.currency} of {self.creditor_id}"


class JournalEntry(Row):
    """One thing that happened to money. `idempotency_key` makes posting it twice impossible."""

    kind = models.CharField(max_length=24)
    creditor = models.ForeignKey(
        Creditor, on_delete=models.PROTECT, related_name="journal_entries", db_index=False, db_constraint=False
    )
    idempotency_key = models.CharField(max_length=80)
    effective_at = models.DateTimeField(help_text=_("When it counts for the account; may be before it was recorded."))
    recorded_at = models.DateTimeField(default=now)
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    data = models.JSONField(default=dict)
    xid = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        # Not `unique=True`, which brings a second index along for looking up how a key begins.
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="payments_journalentry_idempotency_key_key")
        ]
        # Entries lie in the order they were recorded, so "since then" costs a few pages and inserting costs nothing.
        indexes = [
            # What was posted for a creditor since a transaction, for its next remittance.
            models.Index(fields=["creditor", "xid"], name="entry_by_creditor_since"),
            BrinIndex(fields=["recorded_at"], name="entry_recorded", pages_per_range=32, autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.idempotency_key}"


class Posting(models.Model):
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings", db_constraint=False)
    ledger_account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="postings", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="postings", db_index=False, db_constraint=False
    )
    component = models.CharField(max_length=10, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_minor=0), name="posting_not_zero")]
        indexes = [
            models.Index(fields=["account"], condition=models.Q(account__isnull=False), name="posting_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency}"
