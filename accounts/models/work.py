"""Notes on an account, its place in the work list, and who is working on it right now."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.creditors import Creditor
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


class WorkItem(models.Model):
    """An account's place in the work list, worked out beforehand: a million are not ranked while somebody waits.

    It repeats what other rows say and may be some seconds behind them; who hands an account out asks those rows again.
    `rests_until`: left in peace until then; `follow_on`: the day to turn to it, or since when somebody waits for us.
    """

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.CASCADE, related_name="work_item", db_constraint=False
    )
    creditor = models.ForeignKey(
        Creditor, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    assigned_to = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )
    product = models.CharField(max_length=24)
    currency = models.CharField(max_length=4)
    balance_minor = models.BigIntegerField()
    due_date = models.DateField()
    priority = models.IntegerField()
    on_hold = models.BooleanField()
    rests_until = models.DateTimeField(null=True)
    follow_on = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-priority", "account"], condition=Q(on_hold=False), name="work_item_by_priority"),
            models.Index(
                fields=["-priority", "account"],
                condition=Q(on_hold=False, assigned_to=None),
                name="work_item_of_nobody",
            ),
            models.Index(
                fields=["assigned_to", "-priority", "account"],
                condition=~Q(assigned_to=None),
                name="work_item_of_agent",
            ),
            models.Index(
                fields=["creditor", "-priority", "account"], condition=Q(on_hold=False), name="work_item_of_creditor"
            ),
        ]

    def __str__(self) -> str:
        return f"work on {self.account_id}"


class FollowUp(models.Model):
    """The day on which somebody decided to turn to an account again."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.CASCADE, related_name="follow_up")
    on = models.DateField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"follow up {self.account_id} on {self.on}"


class WorkSweep(models.Model):
    """How far the work list follows the record: `snapshot` the database's word for which transactions were over
    at the last look, `next_account` where the round over all accounts goes on; `round_of` and `round_ended_at` the day
    and end of the last whole round."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    snapshot = models.TextField(blank=True, default="")
    next_account = models.BigIntegerField(default=0)
    round_of = models.DateField(null=True)
    round_ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="work_sweep_is_one")]

    def __str__(self) -> str:
        return f"work list up to {self.snapshot}"
