"""Where a person may be: countries, parts of them, towns and time zones, from everything that points to one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import phonenumbers
from babel.core import get_global
from phonenumbers import timezone as phone_timezone

from compliance.zones import candidate_zones

NEW_YORK_CITY = "New York City"
_NYC_AREA_CODES = frozenset({"212", "332", "347", "646", "718", "917", "929"})
_NYC_ZIP = re.compile(r"^(?:10[0-4]|11[0-46])")
_US_ADDRESS = re.compile(r"\b([A-Z]{2})[ ,]+(\d{5})(?:-\d{4})?\b")
_STATES: Mapping[str, str] = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO",
    "connecticut": "CT", "delaware": "DE", "district of columbia": "DC", "florida": "FL", "georgia": "GA",
    "hawaii": "HI", "idaho": "ID", "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY",
    "louisiana": "LA", "maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN",
    "mississippi": "MS", "missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV", "new hampshire": "NH",
    "new jersey": "NJ", "new mexico": "NM", "new york": "NY", "north carolina": "NC", "north dakota": "ND",
    "ohio": "OH", "oklahoma": "OK", "oregon": "OR", "pennsylvania": "PA", "rhode island": "RI",
    "south carolina": "SC", "south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT",
    "virginia": "VA", "washington state": "WA", "washington": "WA", "washington d.c.": "DC", "west virginia": "WV",
    "wisconsin": "WI", "wyoming": "WY",
}  # fmt: skip
# The first two digits of a national number name the state (ANATEL's plan).
_BRAZIL: Mapping[str, str] = {
    code: state
    for state, codes in {
        "SP": "11 12 13 14 15 16 17 18 19", "RJ": "21 22 24", "ES": "27 28", "MG": "31 32 33 34 35 37 38",
        "PR": "41 42 43 44 45 46", "SC": "47 48 49", "RS": "51 53 54 55", "DF": "61", "GO": "62 64", "TO": "63",
        "MT": "65 66", "MS": "67", "AC": "68", "RO": "69", "BA": "71 73 74 75 77", "SE": "79", "PE": "81 87",
        "AL": "82", "PB": "83", "RN": "84", "CE": "85 88", "PI": "86 89", "PA": "91 93 94", "AM": "92 97",
        "RR": "95", "AP": "96", "MA": "98 99",
    }.items()
    for code in codes.split()
}  # fmt: skip
_BRAZIL_ADDRESS = re.compile(r"\b(" + "|".join(sorted(set(_BRAZIL.values()))) + r")\b")


@dataclass(frozen=True, slots=True)
class Places:
    """`zones`: best evidence first. `subdivisions` (US-MA) and `localities`: None when nothing points to any, and then
    every part's rules bind."""

    countries: tuple[str, ...]
    zones: tuple[str, ...]
    subdivisions: tuple[str, ...] | None = None
    localities: tuple[str, ...] | None = None


@lru_cache(maxsize=20_000)
def places_of(*, country: str, time_zone: str, phones: tuple[str, ...], addresses: tuple[str, ...]) -> Places:
    """From what is on file: the country, the zone, telephone numbers (E.164) and postal addresses."""
    numbers = [number for phone in phones if (number := _parsed(phone))]
    regions = [_country_of_number(number) for number in numbers]
    countries = dict.fromkeys(one for one in (country.upper(), _country_of_zone(time_zone), *regions) if one)
    known = zip(numbers, regions, strict=True)
    parts = dict.fromkeys([*_parts_of_addresses(addresses, countries), *_parts_of_numbers(known)])
    towns = dict.fromkeys([*_towns_of_addresses(addresses, countries), *_towns_of_numbers(numbers)])
    return Places(
        countries=tuple(countries),
        zones=_zones(country, time_zone, phones, numbers),
        subdivisions=tuple(parts) or None,
        localities=tuple(towns) if parts else None,
    )


def _parsed(phone: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None


def _country_of_number(number: phonenumbers.PhoneNumber) -> str:
    region = phonenumbers.region_code_for_number(number) or ""
    return region if region.isalpha() else ""


@cache
def _country_of_zone(time_zone: str) -> str:
    place = get_global("zone_territories").get(time_zone, "")
    return place if len(place) == 2 and place.isalpha() else ""


def _zones(
    country: str, time_zone: str, phones: tuple[str, ...], numbers: Iterable[phonenumbers.PhoneNumber]
) -> tuple[str, ...]:
    """The zone on file, and those of numbers that lie elsewhere: where the evidence disagrees every place counts."""
    known = candidate_zones(time_zone, phones=phones, country=country)
    if known != (time_zone,):
        return known
    elsewhere = [
        zone
        for number in numbers
        if time_zone not in (zones := phone_timezone.time_zones_for_number(number))
        for zone in sorted(zones)
        if zone in get_global("zone_territories") and zone != phone_timezone.UNKNOWN_TIMEZONE
    ]
    return tuple(dict.fromkeys([time_zone, *elsewhere]))


def _parts_of_numbers(numbers: Iterable[tuple[phonenumbers.PhoneNumber, str]]) -> Iterator[str]:
    for number, region in numbers:
        national = phonenumbers.national_significant_number(number)
        if region == "BR" and national[:2] in _BRAZIL:
            yield f"BR-{_BRAZIL[national[:2]]}"
        elif region == "US" and (state := _state_of(national[:3])):
            yield f"US-{state}"


@cache
def _state_of(area_code: str) -> str:
    """The names of area codes are a large table: read for numbers of the United States only."""
    from phonenumbers import geocoder

    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{area_code}5550100"))
    town, _comma, last = geocoder.description_for_number(number, "en").rpartition(", ")
    if town and len(last) == 2:
        return last
    return _STATES.get(last.lower(), "")


def _towns_of_numbers(numbers: Iterable[phonenumbers.PhoneNumber]) -> Iterator[str]:
    for number in numbers:
        if number.country_code == 1 and phonenumbers.national_significant_number(number)[:3] in _NYC_AREA_CODES:
            yield NEW_YORK_CITY


def _parts_of_addresses(addresses: Iterable[str], countries: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        if "US" in countries:
            yield from (f"US-{state}" for state, _code in _US_ADDRESS.findall(address) if state in _STATES.values())
        if "BR" in countries:
            yield from (f"BR-{state}" for state in _BRAZIL_ADDRESS.findall(address))


def _towns_of_addresses(addresses: Iterable[str], countries: Iterable[str]) -> Iterator[str]:
    for address in addresses if "US" in countries else ():
        if any(state == "NY" and _NYC_ZIP.match(code) for state, code in _US_ADDRESS.findall(address)):
            yield NEW_YORK_CITY
