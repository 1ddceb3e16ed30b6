"""What arrived at deposit addresses on public chains: one row per transfer, for ever, and how far we have looked."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.states import StateTable
from payments.models.ledger import JournalEntry
from payments.models.payments import Attempt, Payment

# "withdrawn": gone before it was final, as chains do. "gone": gone afterwards, which must not happen; "lost" when
# a person has seen that. "left": it stays at the address and is nobody's payment.
DEPOSIT_STATES = StateTable(
    "deposit",
    {
        "seen": ("counted", "held", "withdrawn", "gone"),
        "withdrawn": ("seen", "counted", "held"),
        "counted": ("gone",),
        "held": ("proposed", "left", "gone"),
        "proposed": ("held", "credited", "to_return", "gone"),
        "credited": ("gone",),
        "to_return": ("held", "returned", "gone"),
        "returned": ("gone",),
        "left": ("gone",),
        "gone": ("seen", "counted", "held", "lost"),
        "lost": ("seen", "counted", "held"),
    },
)
# A person has something to do.
WAITING_DEPOSITS = ("held", "proposed", "to_return", "gone")
# Of the largest number a token can count.
DIGITS = 78


class DepositAddress(models.Model):
    """An address handed out for one attempt. It can receive for ever, so it is looked at for ever, ever more rarely.

    `scanned_to` and `coin_position` are positions on the chain: what lies before them was read and is on record.
    """

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="deposit_address")
    network = models.CharField(max_length=16)
    address = models.CharField(max_length=64)
    token = models.CharField(max_length=64, help_text=_("The contract of the coin that was asked for."))
    to_send_units = models.BigIntegerField()
    scanned_to = models.BigIntegerField(default=0)
    coin_position = models.BigIntegerField(default=0)
    coin_units = models.DecimalField(
        max_digits=DIGITS, decimal_places=0, default=0, help_text=_("The chain's own coin found there so far.")
    )
    failures = models.PositiveSmallIntegerField(default=0)
    sweep_at = models.DateTimeField(default=now)
    swept_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "address"], name="deposit_address_once")]
        indexes = [models.Index(fields=["sweep_at"], name="deposit_address_to_sweep")]

    def __str__(self) -> str:
        return f"{self.network} {self.address}"


class Deposit(models.Model):
    """`worth_minor`: the part a person has to decide about, in the debt's currency at the quoted rate.

    `entry` holds it in suspense; `payment` is what it was credited as. Who proposed does not confirm.
    """

    class Kind(models.TextChoices):
        QUOTED = "quoted", _("the coin that was asked for")
        TOKEN = "token", _("another token")
        COIN = "coin", _("the chain's own coin")

    class Decision(models.TextChoices):
        CREDIT = "credit", _("credit to this account")
        RETURN = "return", _("send back")
        LEAVE = "leave", _("leave it there")

    address = models.ForeignKey(DepositAddress, on_delete=models.PROTECT, related_name="deposits")
    network = models.CharField(max_length=16)
    transaction = models.CharField(max_length=96)
    log_index = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    asset = models.CharField(max_length=64, help_text=_("The token's contract, or the name of the chain's own coin."))
    units = models.DecimalField(max_digits=DIGITS, decimal_places=0)
    sender = models.CharField(max_length=64, blank=True)
    position = models.BigIntegerField()
    block_hash = models.CharField(max_length=80, blank=True)
    block_at = models.DateTimeField()
    final = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=DEPOSIT_STATES.choices, default="seen")
    problem = models.CharField(max_length=24, blank=True)
    worth_minor = models.BigIntegerField(null=True, blank=True)
    bookings = models.PositiveSmallIntegerField(default=0)
    entry = models.ForeignKey(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="deposits")
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    return_reference = models.CharField(max_length=96, blank=True)
    first_seen_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "transaction", "log_index"], name="deposit_once"),
            DEPOSIT_STATES.constraint("state", "deposit_state_known"),
            models.CheckConstraint(condition=Q(units__gt=0), name="deposit_units_positive"),
            models.CheckConstraint(
                condition=~Q(state="credited") | Q(payment__isnull=False, entry__isnull=False),
                name="deposit_credited_is_posted",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["credited", "to_return", "returned"])
                | (Q(proposed_by__isnull=False, decided_by__isnull=False) & ~Q(proposed_by=F("decided_by"))),
                name="deposit_four_eyes",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=WAITING_DEPOSITS), name="deposit_for_a_person"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("DEP", self.pk)

    @property
    def key(self) -> str:
        """As providers write it: chain, transaction and place in its log."""
        return f"{self.network}:{self.transaction}:{self.log_index}"

    @property
    def worth(self) -> Money | None:
        attempt = self.address.attempt
        return Money(self.worth_minor, attempt.currency) if self.worth_minor is not None else None
