"""What one USDT is worth in the debt's currency, from a price source shaped like CoinGecko's `simple/price`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from common.http import HttpRequest, NotSent, Operation
from wallets.providers.usdt.quoting import COIN

DEFAULT_URL = "https://api.coingecko.com/api/v3/simple/price"
PEG = "USD"
# Further from one dollar than this, the coin has lost its peg or the source is broken: nobody should pay with it.
LOWEST, HIGHEST = Decimal("0.97"), Decimal("1.03")
OLDEST = timedelta(minutes=10)
OK = 200
LARGEST = 64 * 1024


@dataclass(frozen=True)
class Rate:
    """`value`: units of the debt's currency for one USDT."""

    value: Decimal
    source: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RateSource:
    url: str
    name: str
    now: Callable[[], datetime]

    def fetch(self, currency: str) -> Operation[Rate]:
        """Raises `NotSent` when there is no rate to rely on: without one there is no quote, and nobody can pay."""
        if currency == COIN:
            return Rate(Decimal(1), "same coin", self.now())
        wanted = sorted({currency.lower(), PEG.lower()})
        query = {"ids": "tether", "vs_currencies": ",".join(wanted), "include_last_updated_at": "true"}
        url = f"{self.url}?{urlencode({**query, 'precision': 'full'})}"
        response = yield HttpRequest(method="GET", url=url, purpose="usdt.rate", max_bytes=LARGEST)
        if response.status != OK:
            raise NotSent(_("There is no usable exchange rate for USDT now. Try again later or choose another wallet."))
        return self._read(response.body, currency)

    def _read(self, body: bytes, currency: str) -> Rate:
        try:
            prices = json.loads(body, parse_float=Decimal)["tether"]
            value, peg = _price(prices, currency), _price(prices, PEG)
            at = datetime.fromtimestamp(int(prices["last_updated_at"]), UTC)
        except (ValueError, KeyError, TypeError, OverflowError, OSError, InvalidOperation, RecursionError) as error:
            raise NotSent(
                _("There is no usable exchange rate for USDT now. Try again later or choose another wallet.")
            ) from error
        if not LOWEST <= peg <= HIGHEST:
            raise NotSent(_("USDT is not worth a dollar now, so it is not taken. Choose another wallet."))
        if abs(self.now() - at) > OLDEST:
            raise NotSent(_("There is no usable exchange rate for USDT now. Try again later or choose another wallet."))
        return Rate(value, self.name, at)


def _price(prices: Any, currency: str) -> Decimal:
    number = prices[currency.lower()]
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        raise TypeError("a price must be a number")
    price = Decimal(number)
    if not price.is_finite() or not Decimal("1e-6") < price < Decimal("1e9"):
        raise ValueError("a price must be a sensible number")
    return price
