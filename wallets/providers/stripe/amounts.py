"""Stripe's amounts: whole numbers of a unit that is not always the currency's minor unit.

Source: Stripe's documentation of currencies (zero-decimal, three-decimal, special cases, minimum charge amounts).
"""

from common.money import Money, exponent

# Zero-decimal by ISO but sent with two decimals, and the reverse.
_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
MOST_DIGITS = 99_999_999
LARGEST_READ = 10**14
# In minor units. The third decimal of these must be zero; an ariary has no cents at Stripe.
STEPS = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "MGA": 100}
# The least that one payment may be, about half a US dollar, where Stripe says so.
MINIMUMS = {
    "USD": 50, "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "MGA": 100,
}  # fmt: skip
MAXIMUMS = {
    "ISK": MOST_DIGITS // 100, "UGX": MOST_DIGITS // 100, "MGA": MOST_DIGITS * 100,
    "BHD": MOST_DIGITS - 9, "JOD": MOST_DIGITS - 9, "KWD": MOST_DIGITS - 9, "OMR": MOST_DIGITS - 9,
    "TND": MOST_DIGITS - 9,
}  # fmt: skip


def to_stripe(amount: Money) -> int:
    """Raises `ValueError` for a fraction of Stripe's unit, which the descriptor's steps keep out."""
    units, rest = divmod(amount.minor * 10 ** max(_shift(amount.currency), 0), 10 ** max(-_shift(amount.currency), 0))
    if rest:
        raise ValueError("a fraction of Stripe's unit")
    return units


def from_stripe(units: object, currency: object) -> Money:
    """Raises `ValueError` for what is not an amount, or not one the currency can have."""
    if not isinstance(units, int) or isinstance(units, bool) or not isinstance(currency, str) or not currency:
        raise ValueError("not an amount")
    if abs(units) > LARGEST_READ:
        raise ValueError("an amount nobody has")
    code = currency.upper()
    minor, rest = divmod(units * 10 ** max(-_shift(code), 0), 10 ** max(_shift(code), 0))
    if rest:
        raise ValueError("an amount the currency cannot have")
    return Money(minor, code)


def _shift(currency: str) -> int:
    return _DECIMALS.get(currency, exponent(currency)) - exponent(currency)
