"""The contract of a provider that watches deposit addresses: many at once, because a chain tells nobody by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from common.http import Operation
from wallets.providers.deposits import Deposit
from wallets.providers.messages import PaymentResult, StatementLine


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One payment to look after. `known` are its stored deposits, `posted` whether it is in the ledger.

    `scanned_to` is the `Sweep.scanned_to` of the last sweep that covered it, 0 before the first.
    """

    merchant_ref: str
    provider_ref: str
    posted: bool = False
    known: tuple[Deposit, ...] = ()
    scanned_to: int = 0


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One result per watch, in order. Each result's `deposits` replace the stored ones of that payment."""

    payments: tuple[PaymentResult, ...]
    scanned_to: int


@dataclass(frozen=True, kw_only=True)
class CoinHolding:
    """What lies at a deposit address in the chain's own coin, in its smallest units. Nobody is ever asked for it."""

    address: str
    units: int


@dataclass(frozen=True, kw_only=True)
class CoinReport:
    """One holding per watch, in order, as of `position`, a block that cannot change any more."""

    coin: str
    position: int
    at: datetime
    holdings: tuple[CoinHolding, ...]


@runtime_checkable
class DepositWatcher(Protocol):
    def sweep(self, watches: Sequence[Watch]) -> Operation[Sweep]:
        """What the chain says about all these payments now. Raises when any part of it could not be read for certain.

        A payment that was `posted` and is no longer covered by deposits comes back `reversed`.
        """

    def coins(self, watches: Sequence[Watch]) -> Operation[CoinReport]:
        """Coin of the chain itself at these addresses: sent by mistake, or put there to pay for a transfer away."""

    def books(self, watches: Sequence[Watch], day: date) -> Operation[Sequence[StatementLine]]:
        """The chain's own final transfers of a UTC day to these addresses, in the debts' currencies at the quoted
        rates. Raises `NotSent` while the day is not final."""
