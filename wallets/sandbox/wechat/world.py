"""What every part of the simulated WeChat Pay needs: state, clock, keys, faults, and its ways of writing."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.notifier import Notifier
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store
from wallets.sandbox.wechat.crypto import Seal
from wallets.sandbox.wechat.merchant import CURRENCIES

BEIJING = timezone(timedelta(hours=8))
_REFERENCE = re.compile(r"[0-9A-Za-z_\-|*]{6,32}", re.ASCII)
PAYER = "oSandboxPayer0000000000000001"
# These happen where something is changed; a question lets them wait.
WRITING_FAULTS = frozenset({"decline", "accept_only", "timeout_after_commit"})


class Refusal(Refused):
    """An error as WeChat words it; `status` is its HTTP status in APIv3."""

    def __init__(self, code: str, text: str = "", *, status: int = 400) -> None:
        super().__init__(code, text)
        self.status = status


@dataclass
class World:
    store: Store
    clock: SandboxClock
    seal: Seal
    notifier: Notifier
    faults: Faults

    def now(self) -> datetime:
        return self.clock.now().astimezone(BEIJING).replace(microsecond=0)

    def stamp(self) -> str:
        return self.now().isoformat()

    def serial(self, prefix: str) -> str:
        return f"{prefix}{self.now():%Y%m%d}{self.store.next_number(prefix):010d}"

    def is_on(self, setting: str) -> bool:
        return bool((self.store.get("wechat.setting", setting) or {}).get("on"))

    def strike(self, method: str, *, writes: bool) -> Document:
        """The fault this call meets; an empty one when it goes well."""
        waiting = (fault for fault in self.faults.waiting() if fault["method"] in ("", method))
        first = next(waiting, None)
        if first and first["kind"] in WRITING_FAULTS and not writes:
            return {"kind": "", "code": ""}
        return self.faults.strike_call(method) or {"kind": "", "code": ""}

    def payer(self) -> str:
        """The openid of whoever holds the phone."""
        return str((self.store.get("wechat.payer", "now") or {}).get("openid", PAYER))

    def order(self, reference: str) -> Document | None:
        return self.store.get("wechat.order", reference)

    def save_order(self, order: Document) -> Document:
        return self.store.put("wechat.order", order["out_trade_no"], order)

    def contract(self, number: str) -> Document | None:
        return self.store.get("wechat.contract", number)

    def save_contract(self, contract: Document) -> Document:
        return self.store.put("wechat.contract", contract["contract_id"], contract)


def token() -> str:
    return secrets.token_urlsafe(18)


def read_reference(text: object, name: str = "out_trade_no") -> str:
    if not isinstance(text, str) or not _REFERENCE.fullmatch(text):
        raise Refusal("PARAM_ERROR", f"{name} must be 6 to 32 of letters, digits and _-|*")
    return text


def read_fen(value: object) -> int:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Refusal("PARAM_ERROR", "an amount must be a whole number of fen, 1 or more")
    return value


def read_currency(value: object) -> str:
    currency = value or "CNY"
    if currency not in CURRENCIES:
        raise Refusal("PARAM_ERROR", "the currency is not supported")
    return str(currency)


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
