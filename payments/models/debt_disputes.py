"""What somebody says is wrong about a debt: who said it, what about, the clock, the papers, and how it was decided.

Not to be taken for `Dispute`, a payer's claim at their wallet about one payment.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Hold, User
from accounts.models.tracking import track_changes
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import ALPHABET, uuid7
from common.states import StateTable
from payments.models.accrual import DEBT_COMPONENTS, AccountFact
from payments.models.moves import AccountMove

DEBT_DISPUTE_STATES = StateTable(
    "debt dispute",
    {
        "opened": ("investigating", "deciding", "decided"),
        "investigating": ("deciding", "decided"),
        "deciding": ("investigating", "decided"),  # a correction that moves much money waits for a second person
        "decided": (),
    },
)
RUNNING = ("opened", "investigating", "deciding")


@track_changes
class DebtDispute(models.Model):
    """One running dispute an account; a decided one stays as it was, and a new telling is a new row.

    `rule` and `answer_by` are the clock of the place on the day it was opened. `released_at`: its hold has ended.
    """

    class Item(models.TextChoices):
        ACCOUNT = "account", _("The whole account")
        COMPONENT = "component", _("A part of what is asked")
        PAYMENT = "payment", _("A payment that is missing")

    class Reason(models.TextChoices):
        NOT_MINE = "not_mine", _("This is not my debt")
        WRONG_AMOUNT = "wrong_amount", _("The amount is wrong")
        ALREADY_PAID = "already_paid", _("I have already paid")
        IDENTITY_THEFT = "identity_theft", _("Somebody used my name")
        OTHER = "other", _("Something else")

    class Via(models.TextChoices):
        PAGE = "page", _("On our page")
        MESSAGE = "message", _("In a message")
        PHONE = "phone", _("On the phone")
        LETTER = "letter", _("By letter")

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("They are right")
        PARTLY = "partly", _("They are right in part")
        REJECTED = "rejected", _("We see it differently")
        WITHDRAWN = "withdrawn", _("They took it back")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debt_disputes")
    item = models.CharField(max_length=9, choices=Item.choices, default=Item.ACCOUNT)
    component = models.CharField(max_length=10, blank=True, choices=DEBT_COMPONENTS)
    claimed_minor = models.BigIntegerField(default=0, help_text=_("The amount they named: paid, or right."))
    claimed_on = models.DateField(null=True, blank=True, help_text=_("The day on which they say they paid."))
    reason = models.CharField(max_length=14, choices=Reason.choices)
    via = models.CharField(max_length=7, choices=Via.choices)
    in_writing = models.BooleanField(default=False)
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=13, choices=DEBT_DISPUTE_STATES.choices, default="opened")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    rule = models.CharField(max_length=8)
    answer_by = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("We asked them for more and wait."))
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    answer = EncryptedTextField(blank=True, default="", help_text=_("Told to the person."))
    why = models.CharField(max_length=200, blank=True, help_text=_("The reason kept on the record."))
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    correction = models.ForeignKey(
        AccountFact, null=True, blank=True, on_delete=models.PROTECT, related_name="disputes"
    )
    closing = models.ForeignKey(AccountMove, null=True, blank=True, on_delete=models.PROTECT, related_name="disputes")
    closes = models.BooleanField(default=False, help_text=_("The account is closed with the decision."))
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            DEBT_DISPUTE_STATES.constraint("state", "debt_dispute_state_known"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(state__in=RUNNING), name="debt_dispute_one_running"
            ),
            models.CheckConstraint(
                condition=~Q(state="decided") | (Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="debt_dispute_decided_says_how",
            ),
            models.CheckConstraint(condition=Q(claimed_minor__gte=0), name="debt_dispute_claim_not_negative"),
        ]
        indexes = [
            models.Index(fields=["answer_by", "id"], condition=Q(state__in=RUNNING), name="debt_dispute_running"),
            models.Index(fields=["-decided_at"], name="debt_dispute_latest"),
            models.Index(fields=["id"], condition=Q(state="decided", released_at=None), name="debt_dispute_to_release"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people read out: from the random end of the key, so that it tells nobody how many there are."""
        return "D-" + "".join(ALPHABET[(self.pk.int >> shift) & 31] for shift in range(35, -1, -5))

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


class DisputeRemark(models.Model):
    """What was said about a dispute, by either side; never changed."""

    class Kind(models.TextChoices):
        SAID = "said", _("They said")
        ASKED = "asked", _("We asked")
        NOTED = "noted", _("Noted for us")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    dispute = models.ForeignKey(DebtDispute, on_delete=models.PROTECT, related_name="remarks")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    text = EncryptedTextField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.kind} about {self.dispute_id}"


class DisputeEvidence(models.Model):
    """A paper as it was uploaded: name and content sealed, never shown by us, only saved."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    dispute = models.ForeignKey(DebtDispute, on_delete=models.PROTECT, related_name="evidence")
    name = EncryptedTextField()
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = EncryptedTextField(help_text=_("Base64."))
    given_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispute", "digest"], name="dispute_evidence_once")]

    def __str__(self) -> str:
        return f"evidence of {self.dispute_id}"
