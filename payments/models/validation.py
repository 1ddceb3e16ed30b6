"""The validation notice of a debt collected in the United States: its figures as they were when it was made."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from common.clock import now
from common.ids import public_reference
from common.money import Money


class ValidationNotice(models.Model):
    """One notice, never changed; the figures are the ledger's on `made_on`, and add up in the database itself."""

    class Basis(models.TextChoices):
        """The reference dates that 12 CFR 1006.34(b)(3) allows."""

        LAST_STATEMENT = "last_statement", _("The creditor's last statement")
        CHARGE_OFF = "charge_off", _("The debt was charged off")
        LAST_PAYMENT = "last_payment", _("The last payment")
        TRANSACTION = "transaction", _("The transaction that made the debt")
        JUDGMENT = "judgment", _("The judgment")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="validation_notices")
    language = models.CharField(max_length=2)
    basis = models.CharField(max_length=14, choices=Basis.choices)
    itemised_on = models.DateField()
    currency = models.CharField(max_length=4)
    then_minor = models.BigIntegerField(help_text=_("Owed at the end of the itemisation date."))
    interest_minor = models.BigIntegerField()
    fees_minor = models.BigIntegerField()
    other_minor = models.BigIntegerField(help_text=_("Corrections upwards, and payments taken back beyond new ones."))
    credits_minor = models.BigIntegerField(help_text=_("Payments and credits since, as a positive number."))
    now_minor = models.BigIntegerField()
    made_on = models.DateField()
    ends_on = models.DateField(help_text=_("The end of the validation period as the notice says it."))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    now_minor=F("then_minor")
                    + F("interest_minor")
                    + F("fees_minor")
                    + F("other_minor")
                    - F("credits_minor")
                ),
                name="validation_notice_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    interest_minor__gte=0, fees_minor__gte=0, other_minor__gte=0, credits_minor__gte=0,
                    itemised_on__lte=F("made_on"), ends_on__gt=F("made_on"),
                ),
                name="validation_notice_sane",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["account", "-id"], name="validation_notice_of_account")]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("VN", self.pk)

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)
