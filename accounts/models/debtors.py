"""People who owe, and how they can be reached. Personal fields are encrypted; search goes through blind indexes."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.creditors import Creditor
from accounts.models.tracking import track_changes
from common.clock import now
from common.crypto.fields import BlindIndexField, BlindTokensField, EncryptedTextField
from common.ids import uuid7
from common.rows import Row


@track_changes
class Debtor(Row):
    """A person, as one creditor knows them: two creditors' customers are never merged by guesswork."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    creditor = models.ForeignKey(
        Creditor, on_delete=models.PROTECT, related_name="debtors", db_index=False, db_constraint=False
    )
    creditor_reference = models.CharField(max_length=64, help_text=_("The creditor's own customer number."))
    name = EncryptedTextField(blank=True, default="")
    name_tokens = BlindTokensField(source="name")
    birth_year = EncryptedTextField(blank=True, default="")
    country = models.CharField(max_length=2)
    time_zone = models.CharField(max_length=48, blank=True)
    language = models.CharField(max_length=12, default="en")
    language_chosen = models.BooleanField(
        default=False, db_default=False, help_text=_("By the person: a creditor's file does not change it.")
    )
    large_text = models.BooleanField(default=False, db_default=False, help_text=_("Chosen by the person."))
    plain_pages = models.BooleanField(
        default=False, db_default=False, help_text=_("Chosen by the person: fewer words and one thing at a time.")
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "creditor_reference"], name="debtor_reference_per_creditor")
        ]
        indexes = [GinIndex(fields=["name_tokens"], name="debtor_name_tokens", fastupdate=True)]

    def __str__(self) -> str:
        return f"debtor {self.creditor_reference}"


@track_changes
class ContactPoint(Row):
    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone")
        EMAIL = "email", _("E-mail")
        ADDRESS = "address", _("Address")
        APP = "app", _("In the app")

    class Condition(models.TextChoices):
        UNKNOWN = "unknown", _("Not tried yet")
        WORKING = "working", _("Working")
        FAILING = "failing", _("Failing")
        INVALID = "invalid", _("Invalid")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    debtor = models.ForeignKey(
        Debtor, on_delete=models.CASCADE, related_name="contact_points", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = EncryptedTextField()
    value_index = BlindIndexField(source="value", purpose="contact")
    last_digits = models.CharField(max_length=4, blank=True, help_text=_("Of a phone number, for search and masking."))
    position = models.PositiveSmallIntegerField(default=0)
    condition = models.CharField(max_length=8, choices=Condition.choices, default=Condition.UNKNOWN)
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["debtor", "kind", "value_index"], name="contact_point_once_per_debtor")
        ]
        indexes = [models.Index(fields=["value_index"], name="contact_point_value")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.debtor_id}"
