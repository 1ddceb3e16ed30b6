"""What every part of the simulated M-Pesa needs: state, clock, the merchant's secrets, its receipts and errors."""

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.mpesa.merchant import SHORT_CODE, TEXTS
from wallets.sandbox.notifier import Notifier
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store

EAST_AFRICA = timezone(timedelta(hours=3))
PIN = "1234"
FIRST_BALANCE = 500_000
_LETTERS = string.ascii_uppercase + string.digits


class Fault(Refused):
    """An error of the gateway: HTTP status, Daraja's code and its words."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(code, text)
        self.status = status


@dataclass
class World:
    store: Store
    clock: SandboxClock
    notifier: Notifier
    faults: Faults
    secrets_dir: Path
    short_code: str = SHORT_CODE

    def secret(self, name: str) -> str:
        if name not in TEXTS:
            raise KeyError(name)
        return (self.secrets_dir / "wallets" / "mpesa" / name).read_text().strip()

    def local(self) -> datetime:
        return self.clock.now().astimezone(EAST_AFRICA)

    def compact(self) -> str:
        return self.local().strftime("%Y%m%d%H%M%S")

    def receipt(self) -> str:
        """Ten letters and digits, never the same twice."""
        number = self.store.next_number("mpesa.receipt")
        return "S" + "".join(secrets.choice(_LETTERS) for _ in range(4)) + f"{number:05d}"

    def serial(self) -> str:
        return f"{secrets.token_hex(2)}-{secrets.token_hex(2)}-{self.store.next_number('mpesa.serial')}"

    def phone(self, msisdn: str) -> Document:
        found = self.store.get("mpesa.phone", msisdn)
        return found or self.store.put("mpesa.phone", msisdn, {"msisdn": msisdn, "balance": FIRST_BALANCE})

    def move(self, msisdn: str, amount: int, reference: str, *, kind: str) -> Document:
        """Money from a phone to the short code: the only place that moves any, and it counts every time."""
        phone = self.phone(msisdn)
        self.store.put("mpesa.phone", msisdn, {**phone, "balance": phone["balance"] - amount})
        receipt = self.receipt()
        debit = {
            "receipt": receipt,
            "msisdn": msisdn,
            "amount": amount,
            "reference": reference,
            "kind": kind,
            "at": self.clock.now().isoformat(),
            "reversed": False,
        }
        return self.store.put("mpesa.debit", receipt, debit)

    def tell(self, url: str, body: dict[str, Any], kind: str) -> None:
        """A callback. One by somebody who does not know the address goes to a guessed one, before the genuine."""
        fault = self.faults.strike_notify()
        name = f"mpesa{self.store.next_number('mpesa.callback'):06d}"
        if fault and fault["kind"] == "forge":
            guessed = f"{url.rstrip('/').rsplit('/', 1)[0]}/{secrets.token_hex(20)}/"
            self.notifier.enqueue(f"{name}f", guessed, {"notify_type": kind, "body": body}, wallet="mpesa")
            fault = {"kind": "delay", "seconds": 1}
        self.notifier.enqueue(name, url, {"notify_type": kind, "body": body}, wallet="mpesa", fault=fault)


def masked(msisdn: str) -> str:
    return f"{msisdn[:3]}******{msisdn[-3:]}"
