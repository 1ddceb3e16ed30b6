"""Wallets that answer as fast as one core can: the real wire of two providers over asyncio, debits counted by number.

The simulators run a thread for each connection and keep their world in SQLite, which is right for stories and far too
slow for thousands of debits a second. These know the one call of a charge (and Alipay's question before it).
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs

from wallets.providers.alipay.signing import Signer, Verifier, request_content
from wallets.sandbox.alipay.world import SELLER_ID
from wallets.sandbox.keys import ensure_alipay_keys

Answer = tuple[int, bytes]
BEIJING = timezone(timedelta(hours=8))
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Books:
    """What was debited under which of our numbers, and how often anybody asked for it."""

    def __init__(self) -> None:
        self.debits: Counter[str] = Counter()
        self.minor = 0

    def debit(self, reference: str, amount: str) -> None:
        self.debits[reference] += 1
        if self.debits[reference] == 1:
            self.minor += int(amount.replace(".", ""))

    def told(self) -> bytes:
        twice = sum(number > 1 for number in self.debits.values())
        seconds = time.process_time()
        told = {"debits": len(self.debits), "asked_twice": twice, "minor": self.minor, "cpu_seconds": seconds}
        return json.dumps(told).encode()


class PayPal:
    def __init__(self, books: Books) -> None:
        self.books = books

    def answer(self, path: str, body: bytes) -> Answer:
        if path.endswith("/v1/oauth2/token"):
            return 200, b'{"access_token": "A21", "token_type": "Bearer", "expires_in": 32400}'
        order = json.loads(body)
        (unit,) = order["purchase_units"]
        self.books.debit(unit["invoice_id"], unit["amount"]["value"])
        number = f"O{len(self.books.debits):016d}"
        capture = {
            "id": f"C{number}",
            "status": "COMPLETED",
            "amount": unit["amount"],
            "final_capture": True,
            "invoice_id": unit["invoice_id"],
            "custom_id": unit["custom_id"],
            "supplementary_data": {"related_ids": {"order_id": number}},
            "create_time": datetime.now(BEIJING).isoformat(timespec="seconds"),
        }
        answer = {
            "id": number,
            "intent": "CAPTURE",
            "status": "COMPLETED",
            "purchase_units": [{**unit, "payments": {"captures": [capture]}}],
        }
        return 201, json.dumps(answer).encode()


class Alipay:
    """Checks each signature and signs each answer, with RSA as Alipay does."""

    def __init__(self, books: Books, secrets_dir: Path) -> None:
        self.books = books
        files = ensure_alipay_keys(secrets_dir)
        self._own = Signer(files.alipay_private.read_bytes())
        self._merchant = Verifier(files.merchant_public.read_bytes())

    def answer(self, path: str, body: bytes) -> Answer:
        fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if not self._merchant.verify(request_content(fields), fields["sign"]):
            return 400, b"{}"
        method, content = fields["method"], json.loads(fields["biz_content"])
        data = self._paid(content) if method == "alipay.trade.pay" else self._agreement(content)
        text = json.dumps({"code": "10000", "msg": "Success", **data}, separators=(",", ":"))
        return (
            200,
            f'{{"{method.replace(".", "_")}_response":{text},"sign":"{self._own.sign(text.encode())}"}}'.encode(),
        )

    def _paid(self, content: dict[str, str]) -> dict[str, str]:
        self.books.debit(content["out_trade_no"], content["total_amount"])
        return {
            "out_trade_no": content["out_trade_no"],
            "trade_no": f"T{len(self.books.debits):016d}",
            "total_amount": content["total_amount"],
            "seller_id": SELLER_ID,
            "gmt_payment": datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        }

    def _agreement(self, content: dict[str, str]) -> dict[str, str]:
        return {"status": "NORMAL", "agreement_no": content["agreement_no"]}


class _Connection(asyncio.Protocol):
    def __init__(self, doors: dict[str, Callable[[str, bytes], Answer]], delay: float) -> None:
        self._doors, self._delay, self._buffer = doors, delay, b""

    def connection_made(self, transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, mark, rest = self._buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        needed = int(length[1]) if length else 0
        if not mark or len(rest) < needed:
            return
        self._buffer = rest[needed:]
        path = head.split(b" ", 2)[1].decode().partition("?")[0]
        status, body = self._doors[path.split("/")[1]](path, rest[:needed])
        answer = b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
        asyncio.get_running_loop().call_later(self._delay, self._write, answer % (status, len(body), body))

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(secrets_dir: Path, delay: float, ready: Callable[[int], object]) -> None:
    """Both wallets and `/books` on one port; every answer comes `delay` seconds after its request was read."""
    books = Books()
    doors = {
        "paypal": PayPal(books).answer,
        "alipay": Alipay(books, secrets_dir).answer,
        "books": lambda _path, _body: (200, books.told()),
    }
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(doors, delay), "127.0.0.1", 0, backlog=1024
    )
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()
