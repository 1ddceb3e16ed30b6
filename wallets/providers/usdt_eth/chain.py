"""Reads token transfers from an Ethereum node: all addresses in one question per window of blocks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from common.http import Operation, OutcomeUnknown
from wallets.providers.deposits import Deposit
from wallets.providers.usdt.addresses import checksummed
from wallets.providers.usdt.chains import Tip
from wallets.providers.usdt_eth.logs import TRANSFER, Block, Log, confirmed, padded, read_block, read_log, succeeded
from wallets.providers.usdt_eth.rpc import LIMIT_EXCEEDED, Node, Question, RpcError, needed, quantity

WINDOW = 2_000
ADDRESSES_AT_ONCE = 500
# For a node that does not know the `finalized` tag.
CONFIRMATIONS = 12
# Four times the depth of normal finality: a deposit that vanishes even from there is still noticed.
OVERLAP = 256


class Ethereum:
    network = "ethereum"
    coin = "ETH"
    overlap = OVERLAP

    def __init__(self, node: Node, *, chain_id: int, token: str) -> None:
        self._node, self._chain_id, self.token = node, chain_id, token

    def encode(self, raw: bytes) -> str:
        return checksummed(raw)

    def tip(self) -> Operation[Tip]:
        """Raises `OutcomeUnknown` when the node is on another chain: what it says is about other money."""
        questions: list[Question] = [("eth_chainId", []), _block("latest"), _block("finalized")]
        chain_id, latest, finalized = yield from self._node.ask(questions)
        try:
            same = quantity(needed(chain_id)) == self._chain_id
            head = read_block(needed(latest))
            unknown_tag = isinstance(finalized, RpcError) and finalized.code != LIMIT_EXCEEDED
            if unknown_tag or finalized is None:
                (asked,) = yield from self._node.ask([_block(hex(max(head.number - CONFIRMATIONS, 0)))])
                finalized = asked
            final = read_block(needed(finalized))
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise OutcomeUnknown("The Ethereum node's answer about its newest block could not be read.") from error
        if not same or final.number > head.number:
            raise OutcomeUnknown("The Ethereum node is on another chain. Check its address.")
        return Tip(head=head.number, final=final.number, final_time=final.time)

    def first_since(self, moment: datetime, tip: Tip) -> Operation[int]:
        """By halving: blocks are not made at even intervals, but never before the one they follow."""
        low, high = 0, tip.final + 1
        while low < high:
            middle = (low + high) // 2
            (answer,) = yield from self._node.ask([_block(hex(middle))])
            try:
                early = read_block(needed(answer)).time < moment
            except (ValueError, KeyError, TypeError, OverflowError) as error:
                raise OutcomeUnknown("The Ethereum node's answer about a block could not be read.") from error
            low, high = (middle + 1, high) if early else (low, middle)
        return low

    def transfers(self, starts: Mapping[str, int], tip: Tip) -> Operation[Sequence[Deposit]]:
        logs: dict[str, Log] = {}
        addresses = sorted(starts)
        for place in range(0, len(addresses), ADDRESSES_AT_ONCE):
            some = addresses[place : place + ADDRESSES_AT_ONCE]
            for first, last in windows(min(starts[address] for address in some), tip.head):
                found = yield from self._logs(some, first, last)
                logs |= {log.key: log for log in found}
        return (yield from self._confirmed(list(logs.values()), tip))

    def holds(self, transactions: Sequence[str]) -> Operation[bool]:
        receipts = yield from self._node.ask([_receipt(f"0x{transaction}") for transaction in transactions])
        try:
            return any(succeeded(needed(receipt)) for receipt in receipts)
        except (ValueError, KeyError) as error:
            raise OutcomeUnknown("The Ethereum node's answer about a transfer could not be read.") from error

    def balances(self, addresses: Sequence[str], tip: Tip) -> Operation[list[int]]:
        answers = yield from self._node.ask([("eth_getBalance", [address, hex(tip.final)]) for address in addresses])
        try:
            return [quantity(needed(answer)) for answer in answers]
        except ValueError as error:
            raise OutcomeUnknown("The Ethereum node's answer about a balance could not be read.") from error

    def _logs(self, addresses: Sequence[str], first: int, last: int) -> Operation[list[Log]]:
        """No contract is named, so that another token sent by mistake is seen too."""
        topics = [TRANSFER, None, [padded(address) for address in addresses]]
        query = {"fromBlock": hex(first), "toBlock": hex(last), "topics": topics}
        (answer,) = yield from self._node.ask([("eth_getLogs", [query])])
        if isinstance(answer, RpcError) and last > first:
            # Nodes cap the number of results or of blocks, each with its own code: ask for less.
            middle = (first + last) // 2
            earlier = yield from self._logs(addresses, first, middle)
            return earlier + (yield from self._logs(addresses, middle + 1, last))
        return _read_logs(needed(answer), set(addresses), first, last)

    def _confirmed(self, logs: Sequence[Log], tip: Tip) -> Operation[list[Deposit]]:
        """Receipts and blocks of everything found. Raises when they disagree: the chain moved while it was read."""
        transactions = sorted({log.transaction for log in logs})
        numbers = sorted({log.block for log in logs})
        questions = [*map(_receipt, transactions), *(_block(hex(number)) for number in numbers)]
        answers = yield from self._node.ask(questions)
        receipts = dict(zip(transactions, answers, strict=False))
        try:
            blocks = {
                number: read_block(needed(answers[len(transactions) + place])) for place, number in enumerate(numbers)
            }
            agree = all(confirmed(log, needed(receipts[log.transaction])) for log in logs)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise OutcomeUnknown("The Ethereum node's answer about a transfer could not be read.") from error
        if not agree or any(blocks[log.block].hash != log.block_hash for log in logs):
            raise OutcomeUnknown("The Ethereum chain moved while it was read. Ask again.")
        return [_deposit(log, blocks[log.block], final=log.block <= tip.final) for log in logs]


def windows(first: int, last: int, size: int = WINDOW) -> Iterator[tuple[int, int]]:
    """Inclusive ranges of at most `size` blocks that cover `first` to `last` without a gap."""
    for start in range(first, last + 1, size):
        yield start, min(start + size - 1, last)


def _read_logs(answer: Any, addresses: set[str], first: int, last: int) -> list[Log]:
    """Only what was asked for: a node that answers about something else must not move money."""
    try:
        logs = [log for log in map(read_log, answer) if log is not None]
    except (ValueError, KeyError, TypeError) as error:
        raise OutcomeUnknown("The Ethereum node's list of transfers could not be read.") from error
    if any(log.receiver not in addresses or not first <= log.block <= last for log in logs):
        raise OutcomeUnknown("The Ethereum node answered about something else.")
    return logs


def _deposit(log: Log, block: Block, *, final: bool) -> Deposit:
    return Deposit(
        key=log.key,
        address=log.receiver,
        token=log.token,
        value=log.value,
        sender=log.sender,
        position=log.block,
        block_hash=log.block_hash,
        block_time=block.time,
        final=final,
    )


def _block(tag: str) -> Question:
    return "eth_getBlockByNumber", [tag, False]


def _receipt(transaction: str) -> Question:
    return "eth_getTransactionReceipt", [transaction]
