"""The JSON-RPC door of the simulated Ethereum: what a node answers, and how it misbehaves when ordered."""

import json
import re
from collections.abc import Callable
from typing import Any

from wallets.sandbox.chain.evm import Evm
from wallets.sandbox.chain.tokens import CHAIN_ID
from wallets.sandbox.faults import Faults
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store
from wallets.sandbox.web import Request, Response, reply_json

WIDEST = 2_000
MOST_ADDRESSES = 1_000
HEX = re.compile(r"0x[0-9a-f]+")
SOMEBODY = "0x" + "5e" * 20


class RpcRefusal(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Node:
    def __init__(self, store: Store, evm: Evm, faults: Faults, *, before: Callable[[], None]) -> None:
        self._store, self._evm, self._faults, self._before = store, evm, faults, before
        self._methods: dict[str, Callable[..., Any]] = {
            "eth_chainId": lambda: hex(CHAIN_ID),
            "eth_blockNumber": lambda: hex(self._evm.head),
            "eth_getBlockByNumber": self._block,
            "eth_getLogs": self._logs,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getBalance": lambda address, tag: hex(self._evm.balance(address, _number(tag))),
        }

    def serve(self, request: Request) -> Response:
        try:
            calls = json.loads(request.body)
        except ValueError:
            return reply_json(_failure(None, -32700, "parse error"))
        several = calls if isinstance(calls, list) else [calls]
        fault = self._struck(several)
        kind = fault["kind"]
        if kind in ("http_429", "http_500"):
            return Response(b"", int(kind[-3:]), headers={"Retry-After": "7"} if kind == "http_429" else {})
        if kind == "garbage":
            return Response(b'{"jsonrpc": "2.0", "result": [', 200, "application/json")
        if kind.startswith("timeout"):
            request.hang_up()
        try:
            with self._store.lock:
                self._before()
                self._evm.tick()
                answers = [self._answer(call, fault) for call in several]
        except Refused as refusal:
            return Response(refusal.text.encode(), 503, "text/plain")
        return reply_json(answers if isinstance(calls, list) else answers[0])

    def _struck(self, calls: list[Document]) -> Document:
        for call in calls:
            fault = self._faults.strike_call(str(call.get("method", "")) if isinstance(call, dict) else "")
            if fault:
                return fault
        return {"kind": "", "code": ""}

    def _answer(self, call: Document, fault: Document) -> Document:
        number = call.get("id")
        try:
            if fault["kind"] == "rate_limited":
                raise RpcRefusal(-32005, "limit exceeded")
            if fault["kind"] == "decline":
                raise RpcRefusal(int(fault["code"] or -32000), "refused")
            if call.get("method") not in self._methods:
                raise RpcRefusal(-32601, "the method does not exist")
            result = self._methods[call["method"]](*call.get("params", []))
        except RpcRefusal as refusal:
            return _failure(number, refusal.code, refusal.text)
        if fault["kind"] == "wrong_trade":
            result = _about_another(call["method"], result)
        return {"jsonrpc": "2.0", "id": number, "result": result}

    def _block(self, tag: str, _full: bool) -> Document | None:
        tags = {"latest": self._evm.head, "finalized": self._evm.final, "earliest": 0}
        if tag == "finalized" and (self._store.get("chain.setting", "no_finalized_tag") or {}).get("on"):
            raise RpcRefusal(-32602, "unknown block tag")
        block = self._evm.block(tags[tag] if tag in tags else _number(tag))
        if block is None:
            return None
        names = {"number": hex(block["number"]), "timestamp": hex(block["timestamp"])}
        return {**names, "hash": block["hash"], "parentHash": block["parent_hash"], "transactions": []}

    def _logs(self, query: Document) -> list[Document]:
        first, last = _number(query.get("fromBlock")), _number(query.get("toBlock"))
        if last - first >= WIDEST:
            raise RpcRefusal(-32602, "the range of blocks is too wide")
        wanted = [topic if isinstance(topic, list) else [topic] for topic in query.get("topics", [])]
        if any(len(topics) > MOST_ADDRESSES for topics in wanted):
            raise RpcRefusal(-32602, "too many topics")
        found = [log for log in self._evm.logs(first, last) if _matches(log["topics"], wanted)]
        contract = str(query.get("address", "")).lower()
        return [_log(log) for log in found if not contract or log["address"].lower() == contract]

    def _receipt(self, transaction: str) -> Document | None:
        receipt = self._evm.receipt(transaction)
        if receipt is None:
            return None
        return {
            "transactionHash": transaction,
            "blockHash": receipt["block_hash"],
            "blockNumber": hex(receipt["block_number"]),
            "status": hex(receipt["status"]),
            "logs": [_log(log) for log in receipt["logs"]],
        }


def _number(text: object) -> int:
    if not isinstance(text, str) or not HEX.fullmatch(text):
        raise RpcRefusal(-32602, "a block number is 0x and hexadecimal digits")
    return int(text, 16)


def _matches(topics: list[str], wanted: list[list[str | None]]) -> bool:
    if len(topics) < len(wanted):
        return False
    return all(topic in some or some == [None] for topic, some in zip(topics, wanted, strict=False))


def _log(log: Document) -> Document:
    return {
        "address": log["address"].lower(),
        "topics": list(log["topics"]),
        "data": log["data"],
        "blockNumber": hex(log["block_number"]),
        "blockHash": log["block_hash"],
        "transactionHash": log["transaction_hash"],
        "logIndex": hex(log["log_index"]),
        "removed": False,
    }


def _about_another(method: str, result: Any) -> Any:
    """A node of another chain, or one that mixes its callers up."""
    if method == "eth_chainId":
        return "0x2"
    if method != "eth_getLogs":
        return result
    stranger = "0x" + SOMEBODY[2:].rjust(64, "0")
    return [{**log, "topics": [*log["topics"][:2], stranger]} for log in result]


def _failure(number: Any, code: int, text: str) -> Document:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text}}
