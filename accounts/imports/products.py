"""Product names as one short code each."""

from __future__ import annotations

import re
from functools import lru_cache

CODE_MAX = 24
_CHINESE = {
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
    known = _CHINESE.get(text.strip())
    return known or re.sub(r"[\W_]+", "_", text.casefold()).strip("_")[:CODE_MAX] or "other"
