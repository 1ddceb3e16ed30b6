"""Where on the clock a person may be, and the holidays there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from zoneinfo import available_timezones

import phonenumbers
from babel.core import get_global
from phonenumbers import timezone as phone_timezone

from common.public_holidays import national_holidays

__all__ = ["candidate_zones", "national_holidays", "zones_of_country"]


def candidate_zones(time_zone: str, *, phones: Iterable[str], country: str) -> tuple[str, ...]:
    """Every zone the evidence allows, best evidence first: the zone on file, the numbers' zones, the country's zones.

    Empty when nothing is known: then a person has to look.
    """
    if time_zone in _known_zones():
        return (time_zone,)
    by_phone = sorted({zone for phone in phones for zone in _zones_of_phone(phone)})
    return tuple(by_phone) or zones_of_country(country)


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zones_of_phone(phone: str) -> list[str]:
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return []
    return [zone for zone in phone_timezone.time_zones_for_number(number) if zone in _known_zones()]


@cache
def zones_of_country(country: str) -> tuple[str, ...]:
    territories = get_global("zone_territories")
    return tuple(
        sorted(zone for zone, place in territories.items() if place == country.upper() and zone in _known_zones())
    )
