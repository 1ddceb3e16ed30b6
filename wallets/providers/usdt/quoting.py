"""A quote: how many USDT pay a debt, until when. Its numbers travel in the provider reference of the payment."""

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from common.errors import InvalidInput
from common.money import Money, exponent

COIN = "USDT"
# A payment sent in the last second still needs a block.
GRACE = timedelta(minutes=5)
_REFERENCE = re.compile(r"u1\.(\d{1,18})\.([A-Z]{3,4})\.(\d{1,24})\.(\d{1,18})\.(\d{1,12})\.([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a payment is judged by. `start` is the chain position before which nobody can have known the address."""

    asked: Money
    to_send: Money
    start: int
    expires_at: datetime

    @property
    def deadline(self) -> datetime:
        return self.expires_at + GRACE


def coins_for(asked: Money, rate: Decimal) -> Money:
    """The debt in USDT at `rate` (debt currency for one USDT), rounded up to the chain's own smallest unit."""
    debt = Fraction(asked.minor, 10 ** exponent(asked.currency))
    return Money(math.ceil(debt / Fraction(rate) * 10 ** exponent(COIN)), COIN)


def write_terms(terms: Terms, merchant_ref: str) -> str:
    """At most 90 characters, and worthless beside another merchant reference."""
    asked, expires = terms.asked, int(terms.expires_at.timestamp())
    body = f"u1.{asked.minor}.{asked.currency}.{terms.to_send.minor}.{terms.start}.{expires}"
    return f"{body}.{_mark(body, merchant_ref)}"


def read_terms(provider_ref: str, merchant_ref: str) -> Terms:
    """Raises `InvalidInput` when this is not the provider reference of that payment."""
    match = _REFERENCE.fullmatch(provider_ref)
    body = provider_ref.rpartition(".")[0]
    if not match or match[6] != _mark(body, merchant_ref):
        raise InvalidInput("This is not the provider reference of that payment.", field="provider_ref")
    return Terms(
        asked=Money(int(match[1]), match[2]),
        to_send=Money(int(match[3]), COIN),
        start=int(match[4]),
        expires_at=datetime.fromtimestamp(int(match[5]), UTC),
    )


def _mark(body: str, merchant_ref: str) -> str:
    return hashlib.sha256(f"{merchant_ref}/{body}".encode()).hexdigest()[:8]
