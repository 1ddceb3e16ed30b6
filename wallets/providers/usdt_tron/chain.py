"""Reads token transfers from TronGrid, address by address: it has no list for several.

The list only says which transactions to look at. What counts is their receipt from the solid part of the chain.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from common.http import Operation, OutcomeUnknown, done
from wallets.providers.deposits import Deposit
from wallets.providers.usdt.addresses import tron_address
from wallets.providers.usdt.chains import Tip
from wallets.providers.usdt_tron.grid import Grid

# The Keccak-256 hash of the event's signature, as on Ethereum, written without a prefix.
TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
OVERLAP_MILLISECONDS = 600_000
# The list may lag behind the chain: nobody is told that a payment did not come before this has passed.
LIST_LAG = timedelta(minutes=2)
_IDENTIFIER = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WORD = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TOKEN = re.compile(r"[0-9a-f]{40}", re.ASCII)
_TOPICS = 3
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError)


class Transfer(NamedTuple):
    token: str
    sender: str
    receiver: str
    value: int


class Tron:
    network = "tron"
    coin = "TRX"
    overlap = OVERLAP_MILLISECONDS

    def __init__(self, grid: Grid, *, token: str) -> None:
        self._grid, self.token = grid, token

    def encode(self, raw: bytes) -> str:
        return tron_address(raw)

    def tip(self) -> Operation[Tip]:
        block = yield from self._grid.newest_solid_block()
        try:
            position = _whole(block["block_header"]["raw_data"]["timestamp"])
            return Tip(head=position, final=position, final_time=_time(position) - LIST_LAG)
        except _UNREADABLE as error:
            raise OutcomeUnknown("TronGrid's answer about its newest block could not be read.") from error

    def first_since(self, moment: datetime, tip: Tip) -> Operation[int]:
        return done(min(int(moment.timestamp()) * 1000, tip.final + 1))

    def transfers(self, starts: Mapping[str, int], tip: Tip) -> Operation[Sequence[Deposit]]:
        found: list[Deposit] = []
        for address, start in starts.items():
            rows = yield from self._grid.transfers(address, start)
            for identifier, tokens in _transactions(rows, address).items():
                receipt = yield from self._grid.transaction(identifier)
                made = _deposits(receipt, identifier, address)
                if self.token in tokens and self.token not in {deposit.token for deposit in made}:
                    raise OutcomeUnknown("TronGrid's list and its chain do not agree. Ask again.")
                found += made
        return [deposit for deposit in found if deposit.position <= tip.final]

    def holds(self, transactions: Sequence[str]) -> Operation[bool]:
        for identifier in transactions:
            receipt = yield from self._grid.transaction(identifier)
            if _succeeded(receipt, identifier):
                return True
        return False

    def balances(self, addresses: Sequence[str], tip: Tip) -> Operation[list[int]]:
        """An address that never held any is unknown to the chain: it holds nothing."""
        found = []
        for address in addresses:
            holder = yield from self._grid.account(address)
            if holder and holder.get("address") != address:
                raise OutcomeUnknown("TronGrid answered about another address.")
            found.append(_balance(holder))
        return found


def _balance(holder: dict[str, Any]) -> int:
    try:
        return _whole(holder.get("balance", 0))
    except ValueError as error:
        raise OutcomeUnknown("TronGrid's answer about a balance could not be read.") from error


def _transactions(rows: Sequence[dict[str, Any]], address: str) -> dict[str, set[str]]:
    """The tokens each transaction moved, as the list says; transfers of nothing are not worth a question."""
    found: dict[str, set[str]] = {}
    try:
        moved = [row for row in rows if row.get("type") == "Transfer" and row["value"] not in ("", "0")]
        if any(row["to"] != address or not _IDENTIFIER.fullmatch(row["transaction_id"]) for row in moved):
            raise ValueError("about something else")
        for row in moved:
            found.setdefault(row["transaction_id"], set()).add(row["token_info"]["address"])
    except _UNREADABLE as error:
        raise OutcomeUnknown("TronGrid's list of transfers could not be read.") from error
    return found


def _succeeded(receipt: dict[str, Any], identifier: str) -> bool:
    """Raises when the answer is about another transaction; empty means the chain does not know it."""
    if receipt and receipt.get("id") != identifier:
        raise OutcomeUnknown("TronGrid answered about another transaction.")
    outcome = receipt.get("receipt")
    return isinstance(outcome, dict) and outcome.get("result") == "SUCCESS"


def _deposits(receipt: dict[str, Any], identifier: str, address: str) -> list[Deposit]:
    """The transfers to this address that a transaction made; none when it did not succeed."""
    try:
        if not _succeeded(receipt, identifier):
            return []
        position, block = _whole(receipt["blockTimeStamp"]), str(_whole(receipt["blockNumber"]))
        transfers = [(index, _transfer(log)) for index, log in enumerate(receipt.get("log", []))]
        return [
            Deposit(
                key=f"tron:{identifier}:{index}",
                address=address,
                token=transfer.token,
                value=transfer.value,
                sender=transfer.sender,
                position=position,
                block_hash=block,
                block_time=_time(position),
                final=True,
            )
            for index, transfer in transfers
            if transfer and transfer.receiver == address
        ]
    except _UNREADABLE as error:
        raise OutcomeUnknown("TronGrid's answer about a transaction could not be read.") from error


def _transfer(log: dict[str, Any]) -> Transfer | None:
    """`None` for any other event, however it is dressed up."""
    topics, data, token = log.get("topics") or [], log.get("data") or "", log["address"]
    words = [*topics, data]
    if len(topics) != _TOPICS or topics[0] != TRANSFER or not all(map(_WORD.fullmatch, words)):
        return None
    if not _TOKEN.fullmatch(token):
        return None
    return Transfer(_address(token), _address(topics[1]), _address(topics[2]), int(data, 16))


def _address(word: str) -> str:
    return tron_address(bytes.fromhex(word[-40:]))


def _whole(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError("not a whole number")
    return number


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC)
