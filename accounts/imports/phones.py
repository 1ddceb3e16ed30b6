"""Phone numbers to E.164, by the rules of `phonenumbers`, compiled once per country because its parser is slow."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from accounts.imports.errors import BadValue

_TYPES = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan")
_NOISE = re.compile(r"[\s().\-/]+")
_UNKNOWN_ZONE = "Etc/Unknown"
ZONE_DIGITS: int = TIMEZONE_LONGEST_PREFIX


@cache
def _valid_numbers(country_code: int) -> re.Pattern[str]:
    """What a national number of this calling code may look like: every type of every region that shares it."""
    patterns: set[str] = set()
    for region in COUNTRY_CODE_TO_REGION_CODE[country_code]:
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
        kinds = (getattr(metadata, kind, None) for kind in _TYPES)
        patterns |= {kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern}
    return re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns)) or r"(?!)")


def _international(digits: str) -> str:
    for size in (1, 2, 3):
        code = int(digits[:size] or 0)
        if code in COUNTRY_CODE_TO_REGION_CODE:
            return f"+{digits}" if _valid_numbers(code).fullmatch(digits[size:]) else ""
    return ""


@cache
def _home(country: str) -> tuple[int, str]:
    """(calling code, trunk prefix) of countries whose numbers are dialled by plain rules; (0, "") for the others."""
    metadata = PhoneMetadata.metadata_for_region(country)
    if (
        not metadata
        or not metadata.country_code
        or metadata.national_prefix_transform_rule
        or metadata.leading_zero_possible
    ):
        return 0, ""
    prefix = metadata.national_prefix_for_parsing or ""
    return (metadata.country_code, prefix) if prefix.isdecimal() or not prefix else (0, "")


@cache
def home_number(country: str) -> Callable[[str], object]:
    """`is_home(text)`: whether it is a valid number of the country's calling code, written in E.164."""
    code = phonenumbers.country_code_for_region(country)
    valid = _valid_numbers(code).pattern if code else r"(?!)"
    return re.compile(rf"\+{code}(?:{valid})", re.ASCII).fullmatch


def _national(digits: str, country: str) -> str:
    code, prefix = _home(country)
    if not code or not prefix or not digits.startswith(prefix):
        return ""
    valid, rest = _valid_numbers(code), digits[len(prefix) :]
    return f"+{code}{rest}" if valid.fullmatch(rest) and not valid.fullmatch(digits) else ""


def parse_phone(text: str, *, country: str) -> str:
    """E.164, or BadValue. A number without + or 00 is read as a number of `country`."""
    bare = _NOISE.sub("", text)
    plus = bare.startswith("+")
    digits = bare[1:] if plus else bare
    if digits.isascii() and digits.isdecimal():
        quick = _international(digits) if plus else _national(digits, country)
        if quick:
            return quick
    return _thorough(text, country)


def _thorough(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(re.sub(r"^\s*00", "+", text), country or None)
    except phonenumbers.NumberParseException as error:
        raise BadValue(_("this is not a phone number. Write it like +886912345678.")) from error
    if not phonenumbers.is_valid_number(number):
        message = _("this is no valid phone number of %s. Write it with its country, like +886912345678.")
        raise BadValue(message % (country or "?"))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def zones_of(number: str) -> tuple[str, ...]:
    """The time zones an E.164 number may be in, by its longest known prefix."""
    return _zones_of_prefix(number[1 : ZONE_DIGITS + 1])


@lru_cache(maxsize=20_000)
def _zones_of_prefix(digits: str) -> tuple[str, ...]:
    for size in range(len(digits), 0, -1):
        zones = TIMEZONE_DATA.get(digits[:size])
        if zones:
            return tuple(zone for zone in zones if zone != _UNKNOWN_ZONE)
    return ()
