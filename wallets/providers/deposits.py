"""Payments to a deposit address on a public chain: what was quoted, what arrived, what a person must look at.

Frozen values without transport or database. How they reach the operator queue: docs/wallets/usdt.md.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from common.money import Money


class DepositProblem(StrEnum):
    """Money arrived that is not simply the quoted payment. Each one is an item for an operator."""

    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAID_LATE = "paid_late"
    SECOND_PAYMENT = "second_payment"
    WRONG_TOKEN = "wrong_token"  # noqa: S105 - a word, not a password
    BLOCKED_SENDER = "blocked_sender"


@dataclass(frozen=True, kw_only=True)
class Quote:
    """`asked` is the debt, `to_send` the same value on the chain; `rate` is units of the debt's currency for one coin.

    `path` leads from the account's extended public key to the address, for whoever holds the signing device.
    """

    asked: Money
    to_send: Money
    rate: str
    source: str
    rate_at: datetime
    quoted_at: datetime
    expires_at: datetime
    network: str
    token: str
    address: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """One token transfer to a deposit address; store it once, for ever, under its `key`.

    `key` is `chain:transaction:log index`, the transaction in bare hexadecimal. `value` counts the token's smallest
    units. `position` orders blocks: the number on Ethereum, the block's time in milliseconds on TRON. `final`: the
    chain will not take it back.
    """

    key: str
    address: str
    token: str
    value: int
    sender: str = field(repr=False)
    position: int
    block_hash: str
    block_time: datetime
    final: bool

    @property
    def transaction(self) -> str:
        return self.key.split(":")[1]

    @property
    def order(self) -> tuple[int, int, str]:
        return self.position, int(self.key.rpartition(":")[2]), self.key


@dataclass(frozen=True, kw_only=True)
class DepositIssue:
    """`amount` is what is missing, too much, or in question; `None` for a token whose decimals nobody vouches for."""

    problem: DepositProblem
    deposits: tuple[Deposit, ...]
    amount: Money | None = None

    @property
    def dedupe_key(self) -> str:
        """The same issue found again has the same key; a partial payment that grew is a new one."""
        return f"{self.problem}:{self.deposits[-1].key}"
