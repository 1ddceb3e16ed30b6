"""When a person of ours is there to answer."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.creditors import Creditor
from accounts.models.tracking import track_changes

WEEKDAYS = ((0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")),
            (5, _("Saturday")), (6, _("Sunday")))  # fmt: skip


@track_changes
class OfficeHours(models.Model):
    """The same hours on each of `weekdays` (Monday is 0). Without a creditor they are the common ones.

    Nobody is there on the public holidays of `holidays_of`, nor on `closed_on`; on `open_on` somebody is, whatever
    day it is.
    """

    creditor = models.OneToOneField(
        Creditor, null=True, blank=True, on_delete=models.CASCADE, related_name="office_hours"
    )
    time_zone = models.CharField(max_length=48)
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    opens = models.TimeField()
    closes = models.TimeField()
    holidays_of = models.CharField(max_length=2, blank=True, default="", db_default="", help_text=_("Country."))
    closed_on = ArrayField(models.DateField(), default=list, db_default=[], blank=True)
    open_on = ArrayField(models.DateField(), default=list, db_default=[], blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor"], nulls_distinct=False, name="office_hours_once"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="office_closes_after_it_opens"),
        ]

    def __str__(self) -> str:
        return f"office hours {self.creditor or ''}".strip()
