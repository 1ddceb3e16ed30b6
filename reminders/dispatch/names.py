"""How a message addresses a person."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.models import Debtor

FAMILY_NAME_FIRST = frozenset({"CN", "TW", "HK", "MO", "JP", "KR", "VN", "SG", "HU"})
NAMELESS: Mapping[str, str] = {"en": "customer", "zh-hans": "客户", "zh-hant": "客戶"}


def form_of_address(debtor: Debtor, language: str) -> str:
    """The given name where names begin with it; the whole name where they do not; never a guess at the wrong half."""
    words = debtor.name.split()
    if not words:
        return NAMELESS[language]
    return debtor.name.strip() if debtor.country in FAMILY_NAME_FIRST else words[0]
