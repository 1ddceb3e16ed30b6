"""PayPal's amounts: a decimal string, without decimals in three currencies."""

from typing import Any

from common.errors import InvalidInput
from common.money import Money, exponent

# Taken from PayPal's currency table; the yuan is only for merchants in China and needs PayPal's consent.
CURRENCIES = frozenset({
    "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY",
    "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
})  # fmt: skip
WHOLE = frozenset({"HUF", "JPY", "TWD"})
# Our ledgers keep two decimals of the forint and the Taiwan dollar; PayPal moves whole ones only.
STEPS = {currency: 10 ** exponent(currency) for currency in WHOLE}


def written(amount: Money) -> dict[str, str]:
    value = amount.to_decimal()
    text = format(value.to_integral_value() if amount.currency in WHOLE else value, "f")
    return {"currency_code": amount.currency, "value": text}


def read(data: object) -> Money:
    """Raises `ValueError` for anything that is not an amount."""
    if not isinstance(data, dict):
        raise ValueError("not an amount")
    currency, value = data.get("currency_code"), data.get("value")
    if not isinstance(currency, str) or not isinstance(value, str) or len(value) > 32 or not currency:
        raise ValueError("not an amount")
    try:
        return Money.parse(value, currency)
    except InvalidInput as error:
        raise ValueError("not an amount") from error


def total(parts: list[Any], currency: str) -> Money | None:
    """The sum of `amount` of each part; `None` when there is none."""
    found = [read(part.get("amount")) for part in parts]
    return sum(found, Money(0, currency)) if found else None
