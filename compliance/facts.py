"""Where a person may be and which of the house's policies bind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import ContactPoint, Debtor
from compliance.gate import HORIZON, Policy
from compliance.models import ContactPolicy
from compliance.zones import candidate_zones

_POLICY_FIELDS = [field.name for field in fields(Policy)]
_ONE_DAY = timedelta(days=1)


def zones_of(debtor: Debtor) -> tuple[str, ...]:
    def phones() -> list[str]:
        return [point.value for point in ContactPoint.objects.filter(debtor=debtor, kind="phone")]

    return zones_from(debtor.time_zone, country=debtor.country, phones=phones)


def zones_from(time_zone: str, *, country: str, phones: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    """Numbers are opened only where no zone is on file."""
    return candidate_zones(time_zone, phones=() if time_zone else phones(), country=country)


def policies_around(at: datetime) -> list[Policy]:
    """Every policy in force at some moment from now to the end of the search for a permitted one."""
    rows = ContactPolicy.objects.filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=at.date() - _ONE_DAY),
        effective_from__lte=at.date() + HORIZON + _ONE_DAY,
    )
    return [Policy(**row) for row in rows.order_by("id").values(*_POLICY_FIELDS)]
