"""A node in memory for tests of the scan alone: blocks, transfers, reorganisations, and a memory of every question."""

import hashlib
import itertools
import json
from dataclasses import dataclass, field

from common.http import HttpResponse
from wallets.providers.usdt.addresses import checksummed
from wallets.providers.usdt_eth.logs import TRANSFER, padded

CHAIN_ID = 7
TOKEN = checksummed(b"\x11" * 20)
SENDER = checksummed(b"\x22" * 20)
GENESIS_TIME = 1_790_000_000
FINALITY = 3


@dataclass
class Block:
    number: int
    hash: str
    time: int
    logs: list[dict]


@dataclass
class MemoryNode:
    """`widest`: the most blocks one question may span; `missing` hides the logs of those transactions from lists."""

    widest: int = 2_000
    knows_finalized: bool = True
    blocks: list[Block] = field(default_factory=list)
    asked: list[tuple[str, list]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self):
        self.mine()

    @property
    def head(self) -> int:
        return len(self.blocks) - 1

    @property
    def final(self) -> int:
        return max(self.head - FINALITY, 0)

    def mine(self, *transfers: tuple[str, int]) -> None:
        """One block with these transfers of (address, value)."""
        number = len(self.blocks)
        block_hash = "0x" + hashlib.sha256(f"block {next(self.numbers)}".encode()).hexdigest()
        made = [self._log(number, block_hash, index, *transfer) for index, transfer in enumerate(transfers)]
        self.blocks.append(Block(number, block_hash, GENESIS_TIME + 12 * number, made))

    def reorganise(self, depth: int) -> None:
        del self.blocks[len(self.blocks) - depth :]

    def run(self, operation):
        """Drive an operation without a network."""
        try:
            request = next(operation)
            while True:
                request = operation.send(self._respond(json.loads(request.body)))
        except StopIteration as stop:
            return stop.value

    def _respond(self, calls: list[dict]) -> HttpResponse:
        answers = []
        for call in calls:
            self.asked.append((call["method"], call["params"]))
            answer = getattr(self, f"_{call['method']}")(*call["params"])
            answers.append({"jsonrpc": "2.0", "id": call["id"], **answer})
        # A node may answer a batch in any order.
        return HttpResponse(status=200, body=json.dumps(answers[::-1]).encode())

    def _eth_chainId(self):
        return {"result": hex(CHAIN_ID)}

    def _eth_getBlockByNumber(self, tag, _full):
        if tag == "finalized" and not self.knows_finalized:
            return {"error": {"code": -32602, "message": "unknown tag"}}
        number = {"latest": self.head, "finalized": self.final}.get(tag)
        number = int(tag, 16) if number is None else number
        if number > self.head:
            return {"result": None}
        block = self.blocks[number]
        return {"result": {"number": hex(number), "hash": block.hash, "timestamp": hex(block.time)}}

    def _eth_getLogs(self, query):
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if last - first >= self.widest:
            return {"error": {"code": -32005, "message": "too many results"}}
        wanted = set(query["topics"][2])
        logs = [log for block in self.blocks[first : last + 1] for log in block.logs]
        found = [log for log in logs if log["topics"][2] in wanted and log["transactionHash"] not in self.missing]
        return {"result": found}

    def _eth_getTransactionReceipt(self, transaction):
        for block in self.blocks:
            logs = [log for log in block.logs if log["transactionHash"] == transaction]
            if logs:
                return {"result": {"blockHash": block.hash, "status": "0x1", "logs": logs}}
        return {"result": None}

    def _log(self, number, block_hash, index, address, value):
        # The same transfer mined again after a reorganisation is another transaction here.
        transaction = "0x" + hashlib.sha256(f"transfer {next(self.numbers)}".encode()).hexdigest()
        return {
            "address": TOKEN.lower(),
            "topics": [TRANSFER, padded(SENDER), padded(address)],
            "data": f"0x{value:064x}",
            "blockNumber": hex(number),
            "blockHash": block_hash,
            "transactionHash": transaction,
            "logIndex": hex(index),
            "removed": False,
        }
