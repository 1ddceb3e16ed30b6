"""A small Ethereum in this process: py-evm with two coins on it, started when it is first needed.

Every transfer and every block is kept in the store, so a restart plays the same chain again.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wallets.sandbox.chain.tokens import COIN, ETHEREUM_LOOK_ALIKE, ETHEREUM_USDT
from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store

CREATION = Path(__file__).with_name("token.hex")
GENESIS = 1_600_000_000
TOKENS = {"usdt": ETHEREUM_USDT, "other": ETHEREUM_LOOK_ALIKE}
SECONDS_PER_BLOCK = 12
# Real finality takes some 75 blocks; here a person is waiting.
FINALITY = 3
# Without anything to confirm, time passes on the chain in steps of this.
IDLE_SECONDS = 120
GAS = 500_000
GAS_PRICE = 10**11
ABSENT = (
    "The simulated Ethereum needs the packages of the extra `sandbox` (eth-tester, py-evm). Install it and restart."
)


@dataclass
class Running:
    tester: Any
    snapshots: dict[int, int]
    logs: dict[int, list[Document]]
    transactions: dict[int, str]


class Evm:
    """All calls happen under the store's lock."""

    def __init__(self, store: Store, clock: SandboxClock) -> None:
        self._store, self._clock = store, clock
        self._running: Running | None = None

    def forget(self) -> None:
        self._running = None

    @property
    def started(self) -> bool:
        return self._running is not None

    @property
    def head(self) -> int:
        return max(self._chain().snapshots)

    @property
    def final(self) -> int:
        return max(self.head - FINALITY, 0)

    def block(self, number: int) -> Document | None:
        if number not in self._chain().snapshots:
            return None
        return self._chain().tester.get_block_by_number(number)

    def receipt(self, transaction: str) -> Document | None:
        chain = self._chain()
        return chain.tester.get_transaction_receipt(transaction) if transaction in chain.transactions.values() else None

    def logs(self, first: int, last: int) -> list[Document]:
        chain = self._chain()
        return [log for number in sorted(chain.logs) if first <= number <= last for log in chain.logs[number]]

    def balance(self, address: str, number: int) -> int:
        """Of the chain's own coin."""
        return self._chain().tester.get_balance(address, number)

    def transfer(self, *, token: str, to: str, value: int, poor: bool = False) -> str:
        """One block with one transfer in it. `poor`: from somebody without coins, so it is mined and fails."""
        fields = {"token": token, "to": to, "value": value, "poor": poor}
        return self._extend(self._next_time(), fields)

    def mine(self, count: int = 1) -> None:
        for _ in range(count):
            self._extend(self._next_time(), None)

    def tick(self) -> None:
        """Let the blocks of the time that has passed appear, a few at most."""
        waited = self._now() - self._time(self.head)
        unsure = any(number > self.final for number in self._chain().logs)
        if waited >= (SECONDS_PER_BLOCK if unsure else IDLE_SECONDS):
            self.mine(min(waited // SECONDS_PER_BLOCK, FINALITY + 1))

    def reorganise(self, depth: int, *, keep: bool) -> int:
        """Take the newest blocks back and put others in their place; `keep` mines their transfers again at the end."""
        chain, head = self._chain(), self.head
        depth = min(depth, head - len(TOKENS))
        if depth < 1:
            raise Refused("nothing to reorganise")
        taken = [self._store.get("chain.block", str(number)) or {} for number in range(head - depth + 1, head + 1)]
        chain.tester.revert_to_snapshot(chain.snapshots[head - depth])
        for number in range(head - depth + 1, head + 1):
            self._drop(number)
        for block in taken:
            self._extend(max(block["time"] + 1, self._time(self.head) + 1), None)
        for block in taken if keep else ():
            if block["transfer"]:
                self._extend(self._next_time(), block["transfer"])
        self.mine()
        return depth

    def _drop(self, number: int) -> None:
        self._chain().snapshots.pop(number)
        self._chain().logs.pop(number, None)
        self._chain().transactions.pop(number, None)
        self._store.drop("chain.block", str(number))
        self._store.drop("chain.debit", f"ethereum-{number}")

    def _extend(self, time: int, transfer: Document | None) -> str:
        number = self.head + 1
        transaction = self._play(number, time, transfer)
        self._store.put("chain.block", str(number), {"number": number, "time": time, "transfer": transfer})
        if transfer and transfer["token"] == "usdt" and self._chain().logs.get(number):  # noqa: S105 - a name
            debit = {
                "network": "ethereum",
                "to": transfer["to"],
                "value": transfer["value"],
                "transaction": transaction,
            }
            self._store.put("chain.debit", f"ethereum-{number}", debit)
        return transaction

    def _play(self, number: int, time: int, transfer: Document | None) -> str:
        chain = self._chain()
        _set_time(chain.tester, time)
        transaction = _send(chain.tester, transfer) if transfer else ""
        if not transfer:
            chain.tester.mine_block()
        chain.snapshots[number] = chain.tester.take_snapshot()
        if transfer:
            chain.transactions[number] = transaction
            chain.logs[number] = list(chain.tester.get_transaction_receipt(transaction)["logs"])
        return transaction

    def _chain(self) -> Running:
        if self._running is None:
            self._running = Running(_new_tester(), {0: 0}, {}, {})
            self._create_tokens()
            for block in sorted(self._store.all("chain.block"), key=lambda kept: kept["number"]):
                self._play(block["number"], block["time"], block["transfer"])
        return self._running

    def _create_tokens(self) -> None:
        chain = self._chain()
        creation = "0x" + CREATION.read_text().strip()
        for number in range(1, len(TOKENS) + 1):
            _set_time(chain.tester, GENESIS + SECONDS_PER_BLOCK * number)
            _transact(chain.tester, chain.tester.get_accounts()[0], data=creation)
            chain.snapshots[number] = chain.tester.take_snapshot()

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _next_time(self) -> int:
        return max(self._now(), self._time(self.head) + 1)

    def _time(self, number: int) -> int:
        return (self.block(number) or {"timestamp": 0})["timestamp"]


def _new_tester() -> Any:
    deepest = sys.getrecursionlimit()
    try:
        from eth_tester import EthereumTester, PyEVMBackend

        parameters = PyEVMBackend.generate_genesis_params({"timestamp": GENESIS})
        return EthereumTester(PyEVMBackend(genesis_parameters=parameters))
    except ImportError as error:
        raise Refused("sandbox_extra_missing", ABSENT) from error
    finally:
        # These libraries raise it a hundredfold for the whole process, which a deeply nested JSON text would then end.
        sys.setrecursionlimit(deepest)


def _set_time(tester: Any, time: int) -> None:
    """Of the next block: the tester's own clock only runs forwards from now, a replayed chain lies in the past."""
    chain = tester.backend.chain
    chain.header = chain.header.copy(timestamp=time)


def _send(tester: Any, transfer: Document) -> str:
    accounts = tester.get_accounts()
    if transfer["token"] == COIN:
        return _transact(tester, accounts[0], to=transfer["to"], value=transfer["value"])
    call = "0xa9059cbb" + transfer["to"][2:].rjust(64, "0") + f"{transfer['value']:064x}"
    return _transact(tester, accounts[1 if transfer["poor"] else 0], to=TOKENS[transfer["token"]], data=call)


def _transact(tester: Any, sender: str, **fields: str | int) -> str:
    return tester.send_transaction({"from": sender, "gas": GAS, "gas_price": GAS_PRICE, "value": 0, **fields})
