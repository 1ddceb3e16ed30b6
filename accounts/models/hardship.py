"""Hard times: what a person told us about their household, and what we do about it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.debtors import Debtor
from accounts.models.debts import Account
from accounts.models.holds import Hold
from accounts.models.tracking import track_changes
from accounts.models.users import User
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import uuid7
from common.states import StateTable

CASE_STATES = StateTable(
    "hardship case",
    {
        "waiting": ("granted", "refused", "ended"),
        "granted": ("waiting", "ended"),
        "refused": (),
        "ended": (),
    },
)
RUNNING = ("waiting", "granted")


class HardshipStatement(models.Model):
    """One telling, never changed: a later one is a new row with the next version. What it says is sealed."""

    class Source(models.TextChoices):
        PAGE = "page", _("On our page")
        PHONE = "phone", _("To one of us")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="hardship_statements")
    version = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=4)
    source = models.CharField(max_length=8, choices=Source.choices)
    given_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=now)
    figures = EncryptedTextField()
    note = EncryptedTextField(blank=True, default="")
    consent = models.TextField(help_text=_("The sentence they agreed to, as they read or heard it."))
    keep_until = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "version"], name="hardship_statement_version_once"),
        ]
        indexes = [models.Index(fields=["keep_until"], name="hardship_statement_keep")]

    def __str__(self) -> str:
        return f"hardship statement {self.version} of account {self.account_id}"


@track_changes
class HardshipCase(models.Model):
    """What is done about it: one running case an account, with an owner, a decision and a day on which we look again.

    `wish` is what the person chose; a plan's size is as they chose it. `hold` protects them while it runs.
    """

    class Wish(models.TextChoices):
        NONE = "", _("Not said yet")
        PAUSE = "pause", _("A pause")
        PLAN = "plan", _("Smaller payments")
        PERSON = "person", _("To talk to a person")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="hardship_cases")
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="hardship_cases")
    statement = models.ForeignKey(HardshipStatement, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=CASE_STATES.choices, default="waiting")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    waiting_since = models.DateTimeField(default=now)
    wish = models.CharField(max_length=8, choices=Wish.choices, blank=True, default="")
    wish_days = models.PositiveSmallIntegerField(default=0)
    wish_minor = models.BigIntegerField(default=0)
    decision = models.CharField(max_length=8, blank=True, default="")
    reason = EncryptedTextField(blank=True, default="", help_text=_("Told to the person."))
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            CASE_STATES.constraint("state", "hardship_case_state_known"),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state__in=RUNNING), name="hardship_case_one_running"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="granted") | models.Q(review_on__isnull=False),
                name="hardship_case_granted_is_reviewed",
            ),
        ]
        indexes = [models.Index(fields=["state", "waiting_since"], name="hardship_case_queue")]

    def __str__(self) -> str:
        return f"hardship of account {self.account_id}"
