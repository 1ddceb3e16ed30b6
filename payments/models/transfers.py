"""Bank transfers that came to our own account: whose each is, where it lies, and who agreed to every step."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import public_reference
from common.money import Money
from common.states import StateTable
from payments.models.ledger import JournalEntry
from payments.models.payments import Payment

# "placed": it paid somebody's debt. "suspense": it is ours to keep safe, and nobody knows yet whose it is.
# "recalled": the bank took it back. "rejected": it never came; nothing was posted.
BANK_TRANSFER_STATES = StateTable(
    "bank transfer",
    {
        "recorded": ("placed", "suspense", "rejected"),
        "suspense": ("placed", "to_return", "recalled"),
        "placed": ("suspense", "recalled"),
        "to_return": ("returned", "suspense"),
        "returned": (),
        "recalled": (),
        "rejected": (),
    },
)
STEP_STATES = StateTable("step", {"asked": ("agreed", "refused"), "agreed": (), "refused": ()})
UNPLACED = ("suspense", "to_return")


class BankTransfer(models.Model):
    """One transfer as our bank's statement shows it. `account`: whose it is, once that was agreed.

    `entry` holds it in suspense; `payment` is what it was placed as.
    """

    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    value_date = models.DateField(help_text=_("The day from which the money counts, as the statement says."))
    bank_reference = models.CharField(max_length=80)
    same_reference = models.CharField(max_length=80, editable=False, help_text=_("Without spaces and capitals."))
    payer_name = EncryptedTextField(blank=True, default="")
    remark = EncryptedTextField(blank=True, default="")
    state = models.CharField(max_length=9, choices=BANK_TRANSFER_STATES.choices, default="recorded")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers")
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers")
    entry = models.ForeignKey(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    return_reference = models.CharField(max_length=80, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            BANK_TRANSFER_STATES.constraint("state", "bank_transfer_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="bank_transfer_amount_positive"),
            models.CheckConstraint(
                condition=~Q(state="placed") | Q(account__isnull=False, payment__isnull=False, entry=None),
                name="bank_transfer_placed_is_posted",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=UNPLACED) | Q(entry__isnull=False), name="bank_transfer_unplaced_is_held"
            ),
            models.UniqueConstraint(
                fields=["currency", "same_reference"], condition=~Q(state="rejected"), name="bank_transfer_once"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=UNPLACED), name="bank_transfer_unplaced"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("BTR", self.pk)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class TransferStep(models.Model):
    """What somebody asked to be done with a transfer, and what became of that. Never changed once decided.

    Steps that only write down what the bank did (`sent`, `keep`) are agreed as they are asked.
    """

    class Action(models.TextChoices):
        RECEIVE = "receive", _("It came to our account")
        PLACE = "place", _("It pays this account")
        UNPLACE = "unplace", _("It is not this account's")
        RETURN = "return", _("Send it back to who sent it")
        RECALL = "recall", _("The bank took it back")
        SENT = "sent", _("It was sent back")
        KEEP = "keep", _("It is not sent back after all")

    ALONE = (Action.SENT, Action.KEEP)

    transfer = models.ForeignKey(BankTransfer, on_delete=models.PROTECT, related_name="steps")
    action = models.CharField(max_length=8, choices=Action.choices)
    state = models.CharField(max_length=8, choices=STEP_STATES.choices, default="asked")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    entry = models.ForeignKey(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            STEP_STATES.constraint("state", "transfer_step_state_known"),
            models.CheckConstraint(
                condition=~Q(state="agreed")
                | Q(action__in=["sent", "keep"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="transfer_step_four_eyes",
            ),
            models.UniqueConstraint(fields=["transfer"], condition=Q(state="asked"), name="transfer_step_one_question"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.transfer_id}"
