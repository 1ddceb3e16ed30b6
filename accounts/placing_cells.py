"""A placement as the API sends it, in the cells of a row of a placement file, so that one set of rules reads both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.imports.fields import CONSENT_CHANNELS
from common.money import Money

# Import field -> where the request says it. Amounts are minor units there, decimals in a file.
AMOUNTS = {
    "balance": "balance_minor",
    "principal": "components.principal",
    "interest": "components.interest",
    "fees": "components.fees",
    "costs": "components.costs",
    "credit_limit": "credit_limit_minor",
}
PERSON = (
    "name", "given_name", "family_name", "birth_date", "birth_year", "country", "language", "time_zone", "emails",
    "phones", "address", "city", "region", "postcode",
)  # fmt: skip
TEXTS = {
    "account_reference": "creditor_reference",
    "product": "product",
    "segment": "segment",
    "currency": "currency",
    "due_date": "due_date",
    "customer_reference": "debtor.creditor_reference",
    **{name: f"debtor.{name}" for name in PERSON},
}
CONSENTS = {name: f"consents.{'all' if channel == '*' else channel}" for name, channel in CONSENT_CHANNELS.items()}
NAMES = AMOUNTS | TEXTS | CONSENTS


def cells_of(wanted: Mapping[str, Any]) -> dict[str, str]:
    """Only what was sent; a list becomes one cell with `;` between."""
    texts = {name: _text(_at(wanted, path)) for name, path in (TEXTS | CONSENTS).items()}
    minors = {name: _at(wanted, path) for name, path in AMOUNTS.items()}
    currency = texts["currency"].strip().upper()
    amounts = {name: Money(minor, currency).to_decimal_string() for name, minor in minors.items() if minor is not None}
    return {name: text for name, text in texts.items() if text} | amounts


def _at(wanted: Mapping[str, Any], path: str) -> Any:
    value: Any = wanted
    for part in path.split("."):
        value = value.get(part) if value else None
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ";".join(value) if isinstance(value, list) else str(value)
