"""What every part of the simulated bank needs: state, clock, keys, and its signature, written apart from the client."""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from wallets.sandbox.bank.merchant import MERCHANT
from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.keys import ensure_rsa_pair, stranger
from wallets.sandbox.notifier import Notifier
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store

BEIJING = timezone(timedelta(hours=8))


class Seal:
    def __init__(self, secrets_dir: Path) -> None:
        own, _public = ensure_rsa_pair(secrets_dir, "bank", "bank")
        _private, theirs = ensure_rsa_pair(secrets_dir, "bank", "merchant")
        self._own: Any = load_pem_private_key(own.read_bytes(), None)
        self._theirs: Any = load_pem_public_key(theirs.read_bytes())

    def signed(self, fields: dict[str, str], *, forged: bool = False) -> dict[str, str]:
        key: Any = stranger() if forged else self._own
        return {**fields, "sign": b64encode(key.sign(_line(fields), PKCS1v15(), SHA256())).decode()}

    def genuine(self, fields: dict[str, str]) -> bool:
        try:
            told = b64decode(fields.get("sign", ""), validate=True)
            self._theirs.verify(told, _line(fields), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass
class World:
    store: Store
    clock: SandboxClock
    notifier: Notifier
    faults: Faults
    seal: Seal = field(repr=False)

    def stamp(self, moment: datetime | None = None) -> str:
        return (moment or self.clock.now()).astimezone(BEIJING).strftime("%Y%m%d%H%M%S")

    def order(self, number: str) -> Document:
        """The order as it stands now: one that was not paid in time is closed."""
        order = self.store.get("bank.order", number)
        if order is None:
            raise Refused("2001", "no such order")
        if order["state"] == "WAIT" and order["expires"] and order["expires"] <= self.stamp():
            return self.keep({**order, "state": "CLOSED"})
        return order

    def keep(self, order: Document) -> Document:
        return self.store.put("bank.order", order["ordNo"], order)

    def tell(self, url: str, fields: dict[str, str]) -> None:
        number = f"bank{self.store.next_number('bank.notice'):08d}"
        body = {"notify_type": "bank", "notice_id": number, "mchntCd": MERCHANT, **fields}
        self.notifier.enqueue(number, url, body, wallet="bank", fault=self.faults.strike_notify())


def token() -> str:
    return secrets.token_urlsafe(18)


def _line(fields: dict[str, str]) -> bytes:
    kept = {name: value for name, value in fields.items() if name != "sign" and value != ""}
    return "&".join("=".join(pair) for pair in sorted(kept.items())).encode()
