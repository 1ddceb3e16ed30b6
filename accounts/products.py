"""Kinds of debt: the code we keep, how people say it, how files spell it. Others show by their own name."""

from __future__ import annotations

import re
from functools import lru_cache

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


CODE_MAX = 24
_SPELT_IN_CHINESE = {
    "信用卡": "credit_card",
    "个人贷款": "personal_loan",
    "個人貸款": "personal_loan",
    "信用贷款": "personal_loan",
    "信用貸款": "personal_loan",
    "消费贷款": "consumer_loan",
    "消費貸款": "consumer_loan",
    "房贷": "mortgage",
    "房貸": "mortgage",
    "车贷": "car_loan",
    "車貸": "car_loan",
    "电信": "telecom",
    "電信": "telecom",
    "水电费": "utility",
    "分期付款": "instalment_credit",
}


@lru_cache(maxsize=1000)
def product_code(text: str) -> str:
    """`Credit Card` -> `credit_card`; what has no letters or digits is `other`."""
    known = _SPELT_IN_CHINESE.get(text.strip())
    return known or re.sub(r"[\W_]+", "_", text.casefold()).strip("_")[:CODE_MAX] or "other"
