"""A quote: how many USDT pay a debt, until when. Its numbers travel in the provider reference of the payment."""

import base64
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
_REFERENCE = re.compile(
    r"(u1\.(\d{1,15})\.([A-Z]{3,4})\.(\d{1,18})\.(\d{1,13})\.(\d{1,11}))\.([0-9a-f]{8})(?:\.([\w-]{43}))?", re.ASCII
)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a payment is judged by. `start` is the chain position before which nobody can have known the address.

    `paid_by` is the transaction (64 hexadecimal digits) that completed it, once it was seen paid for good.
    """

    asked: Money
    to_send: Money
    start: int
    expires_at: datetime
    paid_by: str = ""

    @property
    def deadline(self) -> datetime:
        return self.expires_at + GRACE


def coins_for(asked: Money, rate: Decimal) -> Money:
    """The debt in USDT at `rate` (debt currency for one USDT), rounded up to the chain's own smallest unit."""
    debt = Fraction(asked.minor, 10 ** exponent(asked.currency))
    return Money(math.ceil(debt / Fraction(rate) * 10 ** exponent(COIN)), COIN)


def write_terms(terms: Terms, merchant_ref: str) -> str:
    """At most 128 characters, and worthless beside another merchant reference."""
    asked, expires = terms.asked, int(terms.expires_at.timestamp())
    body = f"u1.{asked.minor}.{asked.currency}.{terms.to_send.minor}.{terms.start}.{expires}"
    paid = base64.urlsafe_b64encode(bytes.fromhex(terms.paid_by)).decode().rstrip("=")
    return ".".join(filter(None, (body, _mark(body, merchant_ref), paid)))


def read_terms(provider_ref: str, merchant_ref: str) -> Terms:
    """Raises `InvalidInput` when this is not the provider reference of that payment."""
    match = _REFERENCE.fullmatch(provider_ref)
    if not match or match[7] != _mark(match[1], merchant_ref):
        raise InvalidInput("This is not the provider reference of that payment.", field="provider_ref")
    return Terms(
        asked=Money(int(match[2]), match[3]),
        to_send=Money(int(match[4]), COIN),
        start=int(match[5]),
        expires_at=datetime.fromtimestamp(int(match[6]), UTC),
        paid_by=base64.urlsafe_b64decode(f"{match[8]}=").hex() if match[8] else "",
    )


def _mark(body: str, merchant_ref: str) -> str:
    return hashlib.sha256(f"{merchant_ref}/{body}".encode()).hexdigest()[:8]
