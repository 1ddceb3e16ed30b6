"""ERC-20 `Transfer` logs, receipts and blocks as a node describes them, read strictly; all raise `ValueError`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wallets.providers.usdt.addresses import checksummed, read_ethereum
from wallets.providers.usdt_eth.rpc import quantity

# The Keccak-256 hash of the event's signature, `Transfer(address,address,uint256)`.
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
SUCCEEDED = 1
_HASH = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_TOPICS = 3


@dataclass(frozen=True)
class Log:
    transaction: str
    index: int
    block: int
    block_hash: str
    token: str
    sender: str
    receiver: str
    value: int

    @property
    def key(self) -> str:
        return f"ethereum:{self.transaction[2:]}:{self.index}"


@dataclass(frozen=True)
class Block:
    number: int
    hash: str
    time: datetime


def read_hash(text: Any) -> str:
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise ValueError("not a hash")
    return text


def read_log(log: Any) -> Log | None:
    """`None` for what is no transfer of coins: anybody may log rubbish as `Transfer`, and it must not stop us."""
    if not isinstance(log, dict) or log.get("removed"):
        raise ValueError("a log that was removed")
    topics, data = log["topics"], log["data"]
    plain = len(topics) == _TOPICS and topics[0] == TRANSFER and all(map(_is_address, topics[1:]))
    if not plain or not _HASH.fullmatch(data):
        return None
    return Log(
        transaction=read_hash(log["transactionHash"]),
        index=quantity(log["logIndex"]),
        block=quantity(log["blockNumber"]),
        block_hash=read_hash(log["blockHash"]),
        token=checksummed(read_ethereum(log["address"])),
        sender=_address(topics[1]),
        receiver=_address(topics[2]),
        value=int(data, 16),
    )


def read_block(block: Any) -> Block:
    if not isinstance(block, dict):
        raise ValueError("no such block")
    time = datetime.fromtimestamp(quantity(block["timestamp"]), UTC)
    return Block(quantity(block["number"]), read_hash(block["hash"]), time)


def confirmed(log: Log, receipt: Any) -> bool:
    """Whether the transaction succeeded in that very block and its receipt holds this very log."""
    if not isinstance(receipt, dict) or receipt.get("blockHash") != log.block_hash:
        return False
    return succeeded(receipt) and log in map(read_log, receipt["logs"])


def succeeded(receipt: Any) -> bool:
    return isinstance(receipt, dict) and quantity(receipt["status"]) == SUCCEEDED


def padded(address: str) -> str:
    """An address as a log's topic."""
    return "0x" + read_ethereum(address).hex().rjust(64, "0")


def _is_address(topic: Any) -> bool:
    return int(read_hash(topic)[2:26], 16) == 0


def _address(topic: str) -> str:
    return checksummed(bytes.fromhex(topic[26:]))
