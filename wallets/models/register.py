"""The provider register: who may take money, under which licence, for which fee, until when that was looked at."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.tracking import track_changes
from common.clock import today
from common.money import Money
from common.states import StateTable
from wallets.providers.registry import facts_of

PROVIDER_STATES = StateTable(
    "provider",
    {"draft": ("vetted",), "vetted": ("switched_off", "draft"), "switched_off": ("vetted", "draft")},
)
REVIEW_EVERY = timedelta(days=365)


def next_review() -> date:
    return today() + REVIEW_EVERY


class ProviderQuerySet(models.QuerySet["Provider"]):
    def taking_money(self) -> ProviderQuerySet:
        """The one rule of who may take money: vetted, and looked at within the time agreed."""
        return self.filter(status="vetted", review_due__gt=today())


@track_changes
class Provider(models.Model):
    """A wallet provider as vetted by compliance. Credentials are files in the secrets folder, never columns."""

    key = models.SlugField(max_length=24, unique=True)
    name = models.CharField(max_length=60)
    licence = models.CharField(max_length=200, blank=True)
    certification = models.CharField(max_length=200, blank=True, help_text=_("Security certificates and their dates."))
    regions = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    currencies = ArrayField(models.CharField(max_length=4), default=list, blank=True)
    status = models.CharField(max_length=12, choices=PROVIDER_STATES.choices, default="draft")
    status_reason = models.CharField(max_length=200, blank=True)
    review_due = models.DateField(
        null=True, blank=True, default=next_review, help_text=_("From this day on it takes no money until reviewed.")
    )
    position = models.PositiveSmallIntegerField(default=0, help_text=_("Order on the pay page and in fail-over."))

    merchant = models.CharField(
        max_length=400,
        blank=True,
        help_text=_("Whose account at the provider we use, as its settings said when it was first asked."),
    )

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            PROVIDER_STATES.constraint("status", "provider_status_known"),
            models.CheckConstraint(
                condition=~Q(status="vetted") | Q(review_due__isnull=False), name="provider_vetted_until_a_day"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def display_name(self) -> str:
        """In the reader's language; `name` is the one on record."""
        facts = facts_of(self.key)
        return str(facts.name) if self.name == facts.known_as else self.name

    @property
    def standing(self) -> str:
        """ "" when it may take money, else why not: not_vetted, switched_off or review_overdue."""
        if self.status != "vetted":
            return "switched_off" if self.status == "switched_off" else "not_vetted"
        return "" if self.review_due and self.review_due > today() else "review_overdue"


@track_changes
class ProviderFee(models.Model):
    """What the provider keeps of each payment in a currency: a share in hundredths of a percent, and a fixed part."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="fees")
    currency = models.CharField(max_length=4)
    basis_points = models.PositiveSmallIntegerField(default=0)
    fixed_minor = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["currency"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "currency"], name="provider_fee_per_currency"),
            models.CheckConstraint(condition=Q(basis_points__lte=10_000), name="provider_fee_share_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.basis_points} bp + {self.fixed}"

    @property
    def percent(self) -> Decimal:
        """A share of one, for the reader's own way of writing percent."""
        return Decimal(self.basis_points).scaleb(-4)

    @property
    def fixed(self) -> Money:
        return Money(self.fixed_minor, self.currency)
