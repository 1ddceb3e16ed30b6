"""Kinds of debt as people say them. Creditors may place others; those show by their own name."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PRODUCTS: dict[str, Promise] = {
    "credit_card": _("Credit card"),
    "loan": _("Loan"),
    "personal_loan": _("Personal loan"),
    "consumer_loan": _("Consumer loan"),
    "car_loan": _("Car loan"),
    "mortgage": _("Mortgage"),
    "instalment_credit": _("Instalment credit"),
    "telecom": _("Telephone and internet"),
    "utility": _("Energy and water"),
    "insurance": _("Insurance"),
    "invoice": _("Invoice"),
    "other": _("Other"),
}


def product_words(product: str) -> str:
    return str(PRODUCTS.get(product, product.replace("_", " ").capitalize()))


def product_choices() -> list[tuple[str, str | Promise]]:
    return [("", _("All")), *PRODUCTS.items()]
