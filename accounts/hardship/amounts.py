"""Amounts as people type them, and nothing else: what is not surely a number is refused in words."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.money import Money, exponent

LONGEST = 24
MOST_UNITS = 9_999_999_999
_DECIMALS = r"[.,]\d{1,%d}"
_GROUPED = (r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_SIGNS = re.compile(r"^[^\w\s.,+\-−]{1,3}|[^\w\s.,+\-−]{1,3}$")
_SPACES = re.compile(r"[\s'’_]")


def read_household_amount(text: str, currency: str) -> int | None:
    """Minor units, none for an empty field. Full-width digits, a currency sign, spaces and either comma are fine."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return None
    plain = _SIGNS.sub("", plain.removeprefix(currency).removesuffix(currency).strip())
    plain = _SPACES.sub("", plain)
    if plain.startswith(("-", "−")):
        raise InvalidInput(_("This cannot be less than nothing. Write 0 if there is none."))
    number = _number(plain, exponent(currency))
    if number is None:
        raise InvalidInput(_("Write digits only, for example 250 or 250.50."))
    if len(number.partition(".")[0]) > len(str(MOST_UNITS)):
        raise InvalidInput(_("This is too large to be right. Check the number of zeros."))
    try:
        return Money.parse(number, currency).minor
    except InvalidInput as error:
        raise InvalidInput(_("Write digits only, for example 250 or 250.50.")) from error


def _number(plain: str, decimals: int) -> str | None:
    """As Python writes it. With three decimals in the currency, "1.234" is one and a bit."""
    ends = rf"\d+(?:{_DECIMALS % decimals})?" if decimals else r"\d+"
    if re.fullmatch(ends, plain, re.ASCII):
        return plain.replace(",", ".")
    if re.fullmatch(_GROUPED[0], plain, re.ASCII):
        return plain.replace(",", "")
    if re.fullmatch(_GROUPED[1], plain, re.ASCII):
        return plain.replace(".", "").replace(",", ".")
    return None
