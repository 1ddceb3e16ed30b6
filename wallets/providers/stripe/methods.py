"""Which ways of paying Stripe may show: by currency, by amount, and whether they can be debited without the payer.

Source: the type enums of Stripe's SDK: WeChat Pay cannot be saved at all, Alipay only by special approval.
"""

from dataclasses import dataclass
from typing import Any

from common.money import Money
from wallets.providers.errors import ConfigError

ANYWHERE: frozenset[str] = frozenset()
SEPA_LIMIT = Money(1_000_000, "EUR")


@dataclass(frozen=True)
class Method:
    """`currencies` empty means any; cards come by Apple Pay and Google Pay too."""

    saved: bool
    currencies: frozenset[str] = ANYWHERE
    limit: Money | None = None
    by_mandate: bool = False

    def takes(self, currency: str) -> bool:
        return not self.currencies or currency in self.currencies

    def takes_amount(self, amount: Money) -> bool:
        return self.takes(amount.currency) and (self.limit is None or amount <= self.limit)


METHODS = {
    "card": Method(saved=True),
    "link": Method(saved=True),
    "sepa_debit": Method(saved=True, currencies=frozenset({"EUR"}), limit=SEPA_LIMIT, by_mandate=True),
    "alipay": Method(
        saved=False,
        currencies=frozenset({"AUD", "CAD", "CNY", "EUR", "GBP", "HKD", "JPY", "MYR", "NZD", "SGD", "USD"}),
    ),
    "wechat_pay": Method(
        saved=False,
        currencies=frozenset(
            {"AUD", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "HKD", "JPY", "NOK", "SEK", "SGD", "USD"}
        ),
    ),
}


def chosen(text: str) -> tuple[str, ...]:
    """The methods an option names, e.g. `card,link`; raises `ConfigError` for one we do not know."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in METHODS]
    if unknown or not names:
        raise ConfigError(f"Stripe: option 'methods' must name some of {', '.join(METHODS)}.")
    return names


def for_payment(names: tuple[str, ...], amount: Money, *, save: bool) -> list[str]:
    return [name for name in names if METHODS[name].takes_amount(amount) and (METHODS[name].saved or not save)]


def for_mandate(names: tuple[str, ...], currency: str) -> list[str]:
    return [name for name in names if METHODS[name].saved and METHODS[name].takes(currency)]


def page_options(names: list[str]) -> dict[str, Any]:
    return {"wechat_pay": {"client": "web"}} if "wechat_pay" in names else {}
