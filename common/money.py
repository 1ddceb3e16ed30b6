"""Money: integer minor units and an ISO 4217 currency. No float ever enters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import format_currency

from common.errors import InvalidInput

# ISO 4217 exponents that are not 2. USDT is kept at its on-chain six decimals.
EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "USDT": 6,
}  # fmt: skip


def exponent(currency: str) -> int:
    return EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (`Money(1250, "EUR")` is 12.50 euro). Arithmetic refuses mixed currencies."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError("Money takes whole minor units")
        if not self.currency:
            raise TypeError("Money needs a currency")

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a plain decimal ("12.5"); more decimals than the currency has are refused, not rounded."""
        try:
            scaled = Decimal(text.strip()).scaleb(exponent(currency))
        except InvalidOperation as error:
            raise InvalidInput("This is not an amount. Write it like 1234.50.", field="amount") from error
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise InvalidInput("The amount has more decimals than the currency.", field="amount", currency=currency)
        return cls(int(scaled), currency)

    def to_decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def to_decimal_string(self) -> str:
        return format(self.to_decimal(), "f")

    def format(self, language: str = "en") -> str:
        """The amount as a reader of `language` writes it, with its currency."""
        locale = language.replace("-", "_").replace("zh_hans", "zh_Hans").replace("zh_hant", "zh_Hant")
        return format_currency(self.to_decimal(), self.currency, locale=locale)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to `weights` that always sum to the whole (largest remainder, first part wins ties)."""
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise InvalidInput("A split needs weights that are not negative and not all zero.", field="weights")
        shares = [self.minor * weight // total for weight in weights]
        remainders = [self.minor * weight % total for weight in weights]
        neediest = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
        for index in neediest[: self.minor - sum(shares)]:
            shares[index] += 1
        return [Money(share, self.currency) for share in shares]

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise TypeError(f"cannot combine {self.currency} with {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.to_decimal_string()} {self.currency}"
