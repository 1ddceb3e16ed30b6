"""How an account leaves collection: write-off, recall, placement with an agency, closing; and how it comes back."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Creditor, User
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.states import StateTable
from payments.models.ledger import JournalEntry

MOVE_STATES = StateTable("move", {"asked": ("done", "refused"), "done": ("undone",), "refused": (), "undone": ()})


class Agency(models.Model):
    """Who collects for us what we hand over, and whom a debtor then turns to."""

    name = models.CharField(_("Name"), max_length=120, unique=True)
    email = models.EmailField(_("E-mail for debtors"), blank=True)
    phone = models.CharField(_("Phone for debtors"), max_length=32, blank=True)
    licence = models.CharField(_("Licence or register number"), max_length=120, blank=True)
    active = models.BooleanField(_("Takes accounts now"), default=True)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name


class AccountMove(models.Model):
    """One step at the end of the road: asked for by one, agreed by another above the limit, and undone by a row of its
    own that names it. `shares` is what left the debt, by component, when it was done."""

    class Kind(models.TextChoices):
        WRITE_OFF = "write_off", _("Write off")
        RECALL = "recall", _("Return to the creditor")
        AGENCY = "agency", _("Hand over to an agency")
        CLOSE = "close", _("Close")
        UNDO = "undo", _("Take back")

    class Source(models.TextChoices):
        STAFF = "staff", _("by us")
        CREDITOR = "creditor", _("by the creditor")
        API = "api", _("by the creditor's system")
        FILE = "file", _("by the creditor's file")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=MOVE_STATES.choices, default="asked")
    why = models.CharField(max_length=20, blank=True, help_text=_("Of a closing: which of the known reasons."))
    reason = models.CharField(max_length=200)
    wanted_minor = models.BigIntegerField(null=True, blank=True, help_text=_("Of a write-off of a part: how much."))
    amount_minor = models.BigIntegerField(default=0, help_text=_("What was at stake when it was asked for, then done."))
    currency = models.CharField(max_length=4)
    shares = models.JSONField(default=dict)
    before = models.CharField(max_length=12, blank=True, help_text=_("The state of the account before it."))
    agency = models.ForeignKey(Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="moves")
    undoes = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undoings")
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.STAFF)
    request_key = models.CharField(max_length=80, blank=True)
    entry = models.OneToOneField(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="move")
    needs_second = models.BooleanField(default=True)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When no payment was under way any more that had begun before.")
    )
    listed_at = models.DateTimeField(null=True, blank=True, help_text=_("When it first stood on the agency's list."))

    class Meta:
        constraints = [
            MOVE_STATES.constraint("state", "move_state_known"),
            models.CheckConstraint(
                condition=Q(needs_second=False)
                | Q(state__in=["asked", "refused"])
                | Q(decided_by__isnull=False, asked_by__isnull=False) & ~Q(asked_by=F("decided_by")),
                name="move_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(kind="undo", undoes__isnull=False) | ~Q(kind="undo") & Q(undoes=None),
                name="move_undo_names_one",
            ),
            models.CheckConstraint(
                condition=Q(kind="agency", agency__isnull=False) | ~Q(kind="agency") & Q(agency=None),
                name="move_agency_named",
            ),
            models.UniqueConstraint(fields=["account"], condition=Q(state="asked"), name="move_one_question"),
            models.UniqueConstraint(fields=["undoes"], condition=Q(state="done"), name="move_undone_once"),
            models.UniqueConstraint(
                fields=["account", "request_key"], condition=~Q(request_key=""), name="move_once_per_request"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "id"], name="move_by_account"),
            models.Index(fields=["id"], condition=Q(state="done", settled_at=None), name="move_to_settle"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("END", self.pk)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class EndRule(models.Model):
    """What one person may decide alone, and what goes on after a write-off, per creditor; of no creditor: ours."""

    creditor = models.OneToOneField(Creditor, null=True, blank=True, on_delete=models.PROTECT, related_name="end_rule")
    alone_units = models.PositiveIntegerField(
        _("A supervisor decides alone up to, in whole units of the currency"), default=100
    )
    may_pay = models.BooleanField(
        _("After a write-off people may still pay of their own wish"),
        default=False,
        help_text=_("They are never asked to. What they pay is a recovery and goes to the creditor."),
    )
    changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor"], name="end_rule_once", nulls_distinct=False)]

    def __str__(self) -> str:
        return f"end rule of {self.creditor_id or 'the house'}"
