"""Contact policies (dated data) and the decisions taken under them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Creditor, Debtor, Portfolio, User
from accounts.models.tracking import track_changes
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import uuid7
from common.states import StateTable

# A version is never edited: what changes is a new version, and the old one is superseded.
PACK_STATES = StateTable(
    "policy pack",
    {
        "draft": ("signed_off", "superseded"),
        "signed_off": ("in_force", "superseded"),
        "in_force": ("superseded",),
        "superseded": (),
    },
)
# Reserved: about to leave, or nobody knows yet whether it left; it counts all the same. Released: it certainly did not.
ENTRY_STATES = StateTable("contact entry", {"reserved": ("done", "released"), "done": ("released",), "released": ()})


@track_changes
class ContactPolicy(models.Model):
    """When and how often a person may be contacted. Every policy that matches binds; the most restrictive wins."""

    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2, blank=True, help_text=_("Empty: every country."))
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.CASCADE)
    channel = models.CharField(max_length=12, blank=True, help_text=_("Empty: every channel."))
    window_start = models.TimeField(help_text=_("Local time of the debtor, inclusive."))
    window_end = models.TimeField(help_text=_("Local time of the debtor, exclusive."))
    allow_saturday = models.BooleanField(default=True)
    allow_sunday = models.BooleanField(default=True)
    allow_holidays = models.BooleanField(default=True, help_text=_("Public holidays of the debtor's country."))
    daily_cap = models.PositiveSmallIntegerField()
    weekly_cap = models.PositiveSmallIntegerField()
    needs_consent = models.BooleanField(default=False)
    citation = models.CharField(max_length=200, blank=True)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(window_start__lt=models.F("window_end")), name="contact_policy_window_forward"
            )
        ]

    def __str__(self) -> str:
        return self.name


@track_changes
class PolicyPack(models.Model):
    """One version of a pack of `policy-pack/1`, as it was loaded; only packs in force decide automatically.

    `proposed_by` is empty for the packs that the platform ships. Whoever proposes does not sign, and whoever signs does
    not put in force.
    """

    pack_id = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=PACK_STATES.choices, default="draft")
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_note = models.CharField(max_length=1000, blank=True, db_default="", help_text=_("What was checked."))
    put_in_force_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    put_in_force_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=300, blank=True, db_default="")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack_id", "version"], name="policy_pack_version_once"),
            PACK_STATES.constraint("state", "policy_pack_state_known"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["signed_off", "in_force"])
                | models.Q(signed_by__isnull=False, signed_at__isnull=False),
                name="policy_pack_signed_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(proposed_by__isnull=True)
                | models.Q(signed_by__isnull=True)
                | ~models.Q(proposed_by=models.F("signed_by")),
                name="policy_pack_four_eyes",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="in_force")
                | models.Q(put_in_force_by__isnull=False) & ~models.Q(put_in_force_by=models.F("signed_by")),
                name="policy_pack_put_in_force_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack_id} {self.version}"


class Decision(models.Model):
    """What the gate said, when, about whom, and every rule that spoke: kept whether it allowed or not.

    `packs` (id and version), `rules` and `requirements` are filled by the policy packs' evaluator; `reasons` hold the
    words of everything that was said, as message ids with what belongs into them.
    """

    class Verdict(models.TextChoices):
        ALLOW = "allow", _("Allowed")
        ALLOW_WITH = "allow_with", _("Allowed with a condition")
        DEFER = "defer", _("Later")
        BLOCK = "block", _("Blocked")
        REVIEW = "review", _("A person decides")
        HOLD = "hold", _("On hold")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="decisions")
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    action = models.CharField(max_length=16)
    channel = models.CharField(max_length=12, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    until = models.DateTimeField(null=True, blank=True)
    reasons = models.JSONField(default=list)
    facts_digest = models.CharField(max_length=64)
    packs = models.JSONField(default=list, db_default=[])
    rules = models.JSONField(default=list, db_default=[])
    requirements = models.JSONField(default=list, db_default=[])
    source = models.CharField(
        max_length=48, blank=True, db_default="", help_text=_("The row it was asked for: message:7, call:3:1.")
    )
    decided_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.verdict} {self.action} {self.channel}"


class ContactEntry(models.Model):
    """One line of what passed between us and a person: a contact of either side, or a note of what became known.

    Written under the debtor's lock in the transaction that decided, so the packs' counters are reserved with it.
    `accounts` empty: nobody wrote down which debt it was about. `source` names the row it belongs to (message:7).
    """

    NOTE = "note"

    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="contact_entries", db_index=False)
    accounts = ArrayField(models.BigIntegerField(), default=list)
    at = models.DateTimeField()
    channel = models.CharField(max_length=12)
    inbound = models.BooleanField(default=False)
    purpose = models.CharField(max_length=24, blank=True)
    tags = ArrayField(models.CharField(max_length=48), default=list)
    address = models.CharField(max_length=64, blank=True, help_text=_("A digest: addresses are only ever compared."))
    state = models.CharField(max_length=8, choices=ENTRY_STATES.choices, default="reserved")
    source = models.CharField(max_length=48, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["debtor", "at"], name="contact_entry_by_debtor"),
            models.Index(
                fields=["source"], name="contact_entry_by_source", condition=~models.Q(source=""), include=["state"]
            ),
        ]
        constraints = [ENTRY_STATES.constraint("state", "contact_entry_state_known")]

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose or ' '.join(self.tags)}"


class ContactCount(models.Model):
    """Contacts reserved for a debtor on one local day; read and raised only under the debtor's row lock.

    One lock per person, not per row: a cap counts across channels and across the days of a week.
    """

    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="contact_counts")
    day = models.DateField()
    channel = models.CharField(max_length=12)
    count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["debtor", "day", "channel"], name="contact_count_per_day_and_channel")
        ]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"


class NoticeDocument(models.Model):
    """A copy of a notice, or the proof that it was given, as it was uploaded: kept sealed, never shown by us."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = EncryptedTextField(help_text=_("Base64."))
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name


class GivenNotice(models.Model):
    """A notice that packs ask for and somebody else gave, about one account or a whole placement.

    The packs see it from the moment a second person confirms it: then each account has its line in the ledger of
    contacts. A row is never changed after that; what was wrong is taken back by a `NoticeCorrection`.
    """

    class Way(models.TextChoices):
        LETTER = "letter", _("Letter")
        REGISTERED = "registered", _("Registered letter")
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("Text message")
        VOICE = "voice", _("Call")
        IN_PERSON = "in_person", _("In person")
        ELSEWHERE = "elsewhere", _("Another way")

    kind = models.CharField(max_length=48)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="given_notices")
    portfolio = models.ForeignKey(Portfolio, null=True, on_delete=models.PROTECT, related_name="given_notices")
    given_by = models.CharField(max_length=120)
    given_on = models.DateField()
    way = models.CharField(max_length=12, choices=Way.choices)
    reference = models.CharField(max_length=120, blank=True)
    document = models.ForeignKey(NoticeDocument, null=True, on_delete=models.PROTECT, related_name="notices")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    covers = models.PositiveIntegerField(default=0, help_text=_("Accounts that got their line by it."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(account__isnull=True) ^ models.Q(portfolio__isnull=True),
                name="given_notice_about_one_or_a_placement",
            ),
            models.CheckConstraint(
                condition=~models.Q(reference="") | models.Q(document__isnull=False), name="given_notice_has_evidence"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("recorded_by")),
                name="given_notice_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.given_on}"


class NoticeCorrection(models.Model):
    """Takes a given notice back, with the reason. What was recorded stays."""

    notice = models.OneToOneField(GivenNotice, on_delete=models.PROTECT, related_name="correction")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=300)
    at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"correction of {self.notice_id}"
