"""Countries, languages and time zones in the words creditors use. What is not unambiguous stays unknown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from zoneinfo import available_timezones

import zipcodes
from babel import Locale
from babel.core import get_global
from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from accounts.imports.errors import BadValue
from accounts.imports.phones import ZONE_DIGITS, zones_of

# One legal time for the whole country, whatever zones its map holds.
_ONE_TIME = {"CN": "Asia/Shanghai"}
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
_BY_COUNTRY = {"CN": "zh-hans", "SG": "en", "TW": "zh-hant", "HK": "zh-hant", "MO": "zh-hant"}
_NAMES_IN = ("en", "zh_Hans", "zh_Hant")
_ALIASES = {
    "uk": "GB", "great britain": "GB", "england": "GB", "usa": "US", "u.s.": "US", "america": "US", "korea": "KR",
    "中国": "CN", "中國": "CN", "台湾": "TW", "台灣": "TW", "taiwan": "TW", "香港": "HK", "hong kong": "HK",
}  # fmt: skip


@cache
def currencies() -> frozenset[str]:
    return frozenset({*list_currencies(), "USDT"})


@lru_cache(maxsize=1000)
def parse_currency(text: str) -> str:
    code = {"RMB": "CNY", "NTD": "TWD", "人民币": "CNY", "人民幣": "CNY", "新台幣": "TWD", "NT$": "TWD"}.get(
        text.strip().upper(), text.strip().upper()
    )
    if code not in currencies():
        raise BadValue(_("this currency is not known. Write its three-letter ISO code, like CNY."))
    return code


@cache
def _countries() -> dict[str, str]:
    known: dict[str, str] = {}
    for language in _NAMES_IN:
        territories: dict[str, str] = dict(Locale.parse(language).territories)
        known.update({name.casefold(): code for code, name in territories.items() if code.isalpha()})
        known.update({code.casefold(): code for code in territories if code.isalpha()})
    return known | {alpha3.casefold(): code for code, alpha3 in _alpha3()} | _ALIASES


def _alpha3() -> Iterable[tuple[str, str]]:
    aliases = get_global("territory_aliases")
    return [(codes[0], alias) for alias, codes in aliases.items() if len(alias) == 3 and alias.isalpha() and codes]


@cache
def _country_of(text: str) -> str:
    return _countries().get(text.strip().casefold(), "")


def parse_country(text: str) -> str:
    code = _country_of(text)
    if len(code) != 2:
        raise BadValue(_("this country is not known. Write its two-letter ISO code, like TW."))
    return code


@cache
def _languages() -> dict[str, str]:
    names: dict[str, str] = {}
    for reader in ("en", "zh_Hans"):
        names.update({name.casefold(): code for code, name in Locale.parse(reader).languages.items()})
    own = {
        "繁體中文": "zh-hant",
        "繁体中文": "zh-hant",
        "简体中文": "zh-hans",
        "簡體中文": "zh-hans",
        "中文": "zh-hans",
        "español": "es",
    }
    return names | own


@cache
def parse_language(text: str) -> str:
    """A language tag in lower case; Chinese is always told by its script."""
    word = text.strip().casefold().replace("_", "-")
    tag = _languages().get(word, word)
    if tag.startswith(_TRADITIONAL):
        return "zh-hant"
    primary = tag.partition("-")[0]
    if primary not in Locale.parse("en").languages:
        raise BadValue(_("this language is not known. Write its tag, like en or zh-Hant."))
    return "zh-hans" if primary == "zh" else primary


def language_in(country: str) -> str:
    """Only what is certain enough to write to a person in; English otherwise."""
    return _BY_COUNTRY.get(country, "en")


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def parse_time_zone(text: str) -> str:
    if text not in _known_zones():
        raise BadValue(_("this time zone is not known. Write its name, like Asia/Taipei."))
    return text


@cache
def _zones_in(country: str) -> frozenset[str]:
    if country in _ONE_TIME:
        return frozenset((_ONE_TIME[country],))
    return frozenset(get_global("territory_zones").get(country, ()))


@cache
def _zip_zones() -> dict[str, str]:
    return {entry["zip_code"]: entry["timezone"] for entry in zipcodes.list_all()}


def zone_of(*, country: str, phones: list[str], postcode: str) -> str:
    """The one zone that every clue allows; empty when clues leave a choice or contradict one another."""
    in_country = _zones_in(country)
    if len(in_country) == 1:
        return next(iter(in_country)) if _all_home(phones, in_country) else ""
    clues = [frozenset(zones_of(number)) for number in phones]
    if country == "US" and postcode:
        zone = _zip_zones().get(postcode[:5])
        clues += [frozenset((zone,))] if zone else []
    common = frozenset.intersection(*clues) if clues else frozenset()
    return next(iter(common)) if len(common) == 1 else ""


def zone_remembered(*, country: str, phones: list[str], postcode: str) -> str:
    """`zone_of` for many people: only the beginning of a number tells."""
    return _zone_of_beginnings(country, postcode, *[number[: ZONE_DIGITS + 1] for number in phones])


@lru_cache(maxsize=20_000)
def _zone_of_beginnings(country: str, postcode: str, *phones: str) -> str:
    return zone_of(country=country, phones=list(phones), postcode=postcode)


def _all_home(phones: list[str], zones: frozenset[str]) -> bool:
    """A foreign number may mean the person lives elsewhere: then the country settles nothing."""
    return all(not clue or not zones.isdisjoint(clue) for clue in map(zones_of, phones))
