"""Creditors and the portfolios (placements) they hand over."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.tracking import track_changes
from common.clock import now

# Whose money it is while nobody knows: no creditor of ours, and in no list of them.
HOUSE = "house"


@track_changes
class Creditor(models.Model):
    class Role(models.TextChoices):
        FIRST_PARTY = "first_party_creditor", _("Collects its own debts")
        THIRD_PARTY = "third_party_collector", _("We collect on its behalf")
        DEBT_BUYER = "debt_buyer", _("Bought the debts")

    name = models.CharField(max_length=120)
    code = models.SlugField(max_length=24, unique=True, help_text=_("Short name used in files and commands."))
    country = models.CharField(max_length=2)
    role = models.CharField(max_length=24, choices=Role.choices, default=Role.THIRD_PARTY)
    support_email = models.EmailField(blank=True)
    support_phone = models.CharField(max_length=32, blank=True)
    licence_note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name


@track_changes
class Portfolio(models.Model):
    """One placement: accounts of one creditor handed over together."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="portfolios")
    name = models.CharField(max_length=120)
    placed_on = models.DateField()
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "name"], name="portfolio_name_per_creditor")]

    def __str__(self) -> str:
        return self.name
