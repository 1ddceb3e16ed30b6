"""What the adapter needs of a chain; Ethereum and TRON each bring one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.http import Operation
from wallets.providers.deposits import Deposit


@dataclass(frozen=True, kw_only=True)
class Tip:
    """`head` is the newest position, `final` the newest that cannot change, `final_time` when that block was made."""

    head: int
    final: int
    final_time: datetime


class Chain(Protocol):
    network: str
    token: str
    coin: str
    overlap: int

    def encode(self, raw: bytes) -> str:
        """The address of these 20 bytes as people write it."""

    def tip(self) -> Operation[Tip]: ...

    def first_since(self, moment: datetime, tip: Tip) -> Operation[int]:
        """The first position that is not before this moment; one past the last final one when there is none yet."""

    def transfers(self, starts: Mapping[str, int], tip: Tip) -> Operation[Sequence[Deposit]]:
        """Every token transfer to these addresses, each from its own position to the head, whatever the token."""

    def holds(self, transactions: Sequence[str]) -> Operation[bool]:
        """Whether the chain, asked for these very transactions, still holds any of them as a success."""

    def balances(self, addresses: Sequence[str], tip: Tip) -> Operation[list[int]]:
        """The chain's own coin at each address at the newest final block, in its smallest units."""
