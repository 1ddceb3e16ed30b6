"""What a payer chose on the page of a provider that offers several ways, as facts: the words are for the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[a-z0-9_]{0,24}", re.ASCII)
_LAST4 = re.compile(r"[0-9]{0,4}", re.ASCII)
_SEPARATOR = "/"


@dataclass(frozen=True, kw_only=True)
class PaidWith:
    """`method` and `wallet` (what stands before a card) by their stable names, never more than the last four digits.

    Raises `ValueError` for what is neither a name nor digits.
    """

    method: str
    wallet: str = ""
    brand: str = ""
    last4: str = ""

    def __post_init__(self) -> None:
        named = all(_NAME.fullmatch(part) for part in (self.method, self.wallet, self.brand))
        if not (self.method and named and _LAST4.fullmatch(self.last4)):
            raise ValueError("not a way of paying")

    @property
    def code(self) -> str:
        """As it is kept: `card/apple_pay/visa/4242`."""
        return _SEPARATOR.join((self.method, self.wallet, self.brand, self.last4))

    @classmethod
    def read(cls, code: str) -> PaidWith | None:
        """The reverse of `code`; None where nothing is kept."""
        if not code:
            return None
        method, wallet, brand, last4 = code.split(_SEPARATOR)
        return cls(method=method, wallet=wallet, brand=brand, last4=last4)
