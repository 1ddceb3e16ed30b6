"""What people say about us: a complaint with its clock, and how an encounter went."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Debtor, Hold, User
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import ALPHABET, uuid7
from common.states import StateTable
from reminders.models.conversations import InboundMessage
from reminders.models.messages import Message

COMPLAINT_STATES = StateTable(
    "complaint",
    {
        "open": ("answered", "withdrawn"),
        "answered": ("open",),  # whoever is not content says so, and it starts again
        "withdrawn": ("open",),
    },
)
SCORES = range(1, 6)


class Complaint(models.Model):
    """`confirm_by` and `answer_by` are the clock of the place (`rule`). What was said and answered is encrypted."""

    class About(models.TextChoices):
        MANNER = "manner", _("How we spoke or wrote")
        CONTACT = "contact", _("Too many messages, or at a bad time")
        AMOUNT = "amount", _("The amount, or a payment that is missing")
        DATA = "data", _("My personal data")
        WALLET = "wallet", _("Paying with a wallet")
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

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="complaints")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="complaints")
    about = models.CharField(max_length=8, choices=About.choices, default=About.OTHER)
    via = models.CharField(max_length=8, choices=Via.choices)
    text = EncryptedTextField()
    inbound = models.OneToOneField(InboundMessage, null=True, on_delete=models.SET_NULL, related_name="complaint")
    state = models.CharField(max_length=10, choices=COMPLAINT_STATES.choices, default="open")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="complaints")
    rule = models.CharField(max_length=8)
    opened_at = models.DateTimeField(default=now)
    confirm_by = models.DateTimeField()
    answer_by = models.DateTimeField()
    confirmation = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    hold = models.ForeignKey(Hold, null=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    answer = EncryptedTextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    rounds = models.PositiveSmallIntegerField(default=1, help_text=_("How often it was opened."))

    class Meta:
        constraints = [COMPLAINT_STATES.constraint("state", "complaint_state_known")]
        indexes = [
            models.Index(fields=["answer_by", "id"], condition=Q(state="open"), name="complaint_open"),
            models.Index(fields=["-opened_at"], name="complaint_latest"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people read out: from the random end of the key, so that it tells nobody how many there are."""
        return "C-" + "".join(ALPHABET[(self.pk.int >> shift) & 31] for shift in range(35, -1, -5))


class Feedback(models.Model):
    """One answer to "how was it?": `about` names the payment, conversation or call, so each is judged once."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Paying")
        CHAT = "chat", _("Writing with us")
        CALL = "call", _("A call")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="feedback")
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="feedback")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    about = models.CharField(max_length=40)
    score = models.PositiveSmallIntegerField()
    text = EncryptedTextField(blank=True, default="")
    given_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "about"], name="feedback_once"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="feedback_score_one_to_five"),
        ]
        indexes = [models.Index(fields=["-given_at"], name="feedback_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.score}"
