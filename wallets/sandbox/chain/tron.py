"""A fake TronGrid: accounts' token transfers in pages, receipts, and a solid block that trails the newest."""

import hashlib
import json
import re
from collections.abc import Callable

from wallets.sandbox.chain.encoding import from_base58check, to_base58check
from wallets.sandbox.chain.tokens import COIN, TRON_LOOK_ALIKE, TRON_USDT
from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store
from wallets.sandbox.web import Request, Response, Route, reply_json

BLOCK = 3_000
SOLID_AFTER = 57_000
LARGEST_PAGE = 200
TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
TOKENS = {"usdt": TRON_USDT, "other": TRON_LOOK_ALIKE, COIN: COIN}
PAYER = "c3" * 20
WHOLE = re.compile(r"\d{1,15}", re.ASCII)


class TronGrid:
    def __init__(self, store: Store, clock: SandboxClock, faults: Faults) -> None:
        self._store, self._clock, self._faults = store, clock, faults

    def routes(self, *, before: Callable[[], None]) -> list[Route]:
        """`before` runs under the lock ahead of each answer."""
        self._before = before
        return [
            ("GET", r"/chain/tron/v1/accounts/(?P<address>\w+)/transactions/trc20", self._door("trc20", self._listed)),
            ("POST", "/chain/tron/walletsolidity/getnowblock", self._door("getnowblock", self._now_block)),
            ("POST", "/chain/tron/walletsolidity/gettransactioninfobyid", self._door("receipt", self._receipt)),
            ("POST", "/chain/tron/walletsolidity/getaccount", self._door("getaccount", self._account)),
        ]

    def transfer(self, *, token: str, to: str, value: int, poor: bool = False) -> str:
        try:
            from_base58check(to)
        except ValueError as error:
            raise Refused("invalid address") from error
        number = self._store.next_number("chain.tron")
        at = self._milliseconds() // BLOCK * BLOCK
        identifier = hashlib.sha256(f"{number}/{to}/{value}/{at}".encode()).hexdigest()
        made = {"id": identifier, "token": TOKENS[token], "to": to, "value": value, "at": at, "poor": poor}
        self._store.put("chain.tron", identifier, made)
        if token == "usdt" and not poor:  # noqa: S105 - a name
            debit = {"network": "tron", "to": to, "value": value, "transaction": identifier}
            self._store.put("chain.debit", f"tron-{identifier}", debit)
        return identifier

    def solidify(self) -> None:
        """Everything up to now is final."""
        self._store.put("chain.tron_solid", "until", {"at": self._milliseconds()})

    def take_back(self, count: int) -> int:
        """The newest transfers never happened."""
        gone = [made["id"] for made in self._store.all("chain.tron", newest=count)]
        for identifier in gone:
            self._store.drop("chain.tron", identifier)
            self._store.drop("chain.debit", f"tron-{identifier}")
        return len(gone)

    def _milliseconds(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def _solid(self) -> int:
        asked = (self._store.get("chain.tron_solid", "until") or {"at": 0})["at"]
        return max(self._milliseconds() - SOLID_AFTER, asked) // BLOCK * BLOCK

    def _door(self, name: str, answer: Callable[..., Document]) -> Callable[..., Response]:
        def serve(request: Request, **arguments: str) -> Response:
            fault = self._faults.strike_call(name) or {"kind": ""}
            kind = fault["kind"]
            if kind in ("http_429", "rate_limited"):
                return Response(b"", 429, headers={"Retry-After": "7"})
            if kind in ("http_500", "decline"):
                return Response(b"", 500)
            if kind == "garbage":
                return Response(b'{"data": [', 200, "application/json")
            if kind.startswith("timeout"):
                request.hang_up()
            with self._store.lock:
                self._before()
                document = answer(request, **arguments)
            return reply_json(_about_another(document) if kind == "wrong_trade" else document)

        return serve

    def _listed(self, request: Request, address: str) -> Document:
        asked = request.query
        rows = [made for made in self._store.all("chain.tron") if made["to"] == address and _is_token(made)]
        rows = [made for made in rows if made["at"] >= _whole(asked.get("min_timestamp"), 0)]
        if asked.get("only_confirmed") == "true":
            rows = [made for made in rows if made["at"] <= self._solid()]
        if asked.get("contract_address"):
            rows = [made for made in rows if made["token"] == asked["contract_address"]]
        rows.sort(key=lambda made: made["at"], reverse=asked.get("order_by") != "block_timestamp,asc")
        start, size = _whole(asked.get("fingerprint"), 0), min(_whole(asked.get("limit"), 20), LARGEST_PAGE)
        more = {"fingerprint": str(start + size)} if start + size < len(rows) else {}
        shown = [_row(made) for made in rows[start : start + size]]
        return {"data": shown, "success": True, "meta": {"at": self._milliseconds(), "page_size": len(shown), **more}}

    def _account(self, request: Request) -> Document:
        address = str(json.loads(request.body or b"{}").get("address", ""))
        rows = [made for made in self._store.all("chain.tron") if made["to"] == address and made["token"] == COIN]
        held = sum(made["value"] for made in rows if made["at"] <= self._solid())
        return {"address": address, "balance": held} if held else {}

    def _now_block(self, _request: Request) -> Document:
        solid = self._solid()
        raw = {"number": solid // BLOCK, "timestamp": solid, "version": 30}
        return {"blockID": f"{solid // BLOCK:016x}{'0' * 48}", "block_header": {"raw_data": raw}}

    def _receipt(self, request: Request) -> Document:
        made = self._store.get("chain.tron", str(json.loads(request.body or b"{}").get("value", "")))
        if made is None or made["at"] > self._solid():
            return {}
        if made["token"] == COIN:
            return {"id": made["id"], "blockNumber": made["at"] // BLOCK, "blockTimeStamp": made["at"], "receipt": {}}
        token, receiver = from_base58check(made["token"]), from_base58check(made["to"])
        topics = [TRANSFER, PAYER.rjust(64, "0"), receiver.rjust(64, "0")]
        log = {"address": token, "topics": topics, "data": f"{made['value']:064x}"}
        return {
            "id": made["id"],
            "blockNumber": made["at"] // BLOCK,
            "blockTimeStamp": made["at"],
            "contract_address": f"41{token}",
            "receipt": {"result": "OUT_OF_ENERGY" if made["poor"] else "SUCCESS"},
            **({} if made["poor"] else {"log": [log]}),
        }


def _is_token(made: Document) -> bool:
    return made["token"] != COIN and not made["poor"]


def _row(made: Document) -> Document:
    # Anybody may call a token USDT with six decimals; the look-alike does.
    info = {"symbol": "USDT", "address": made["token"], "decimals": 6, "name": "Tether USD"}
    return {
        "transaction_id": made["id"],
        "token_info": info,
        "block_timestamp": made["at"],
        "from": to_base58check(PAYER),
        "to": made["to"],
        "type": "Transfer",
        "value": str(made["value"]),
    }


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and WHOLE.fullmatch(text) else otherwise


def _about_another(document: Document) -> Document:
    rows = [{**row, "to": to_base58check("d4" * 20)} for row in document.get("data", [])]
    young_chain = {"raw_data": {"number": 1, "timestamp": 3_000}}
    return {**document, "id": "0" * 64, "data": rows, "block_header": young_chain}
