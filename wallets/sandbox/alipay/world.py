"""What every part of the simulated Alipay needs: state, clock, keys, merchant, and small helpers of its wire format."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from wallets.sandbox.alipay.content import ContentBox
from wallets.sandbox.alipay.crypto import Seal
from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.notifier import Notifier
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store

BEIJING = timezone(timedelta(hours=8))
APP_ID = "2021000000000001"
SELLER_ID = "2088000000000001"
BUYER_ID = "2088000000000777"
BUYER_LOGON = "138****0077"
CURRENCIES = frozenset({"CNY", "TWD", "HKD", "USD", "EUR", "GBP", "KES"})
HIGHEST = Decimal("100000000")
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII)
_REFERENCE = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)


class Refusal(Refused):
    """A business or gateway error: `code` is Alipay's sub_code, `status` its gateway code."""

    def __init__(self, code: str, *, status: str = "40004", text: str = "") -> None:
        super().__init__(code, text)
        self.status = status


@dataclass
class World:
    store: Store
    clock: SandboxClock
    seal: Seal
    notifier: Notifier
    faults: Faults
    box: ContentBox
    certificates: Mapping[str, Path]
    app_id: str = APP_ID
    seller_id: str = SELLER_ID

    def stamp(self, moment: datetime | None = None) -> str:
        return (moment or self.clock.now()).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")

    def serial(self, prefix: str) -> str:
        """A number shaped like Alipay's: day, then a sequence."""
        day = self.clock.now().astimezone(BEIJING).strftime("%Y%m%d")
        return f"{day}{prefix}{self.store.next_number(prefix):012d}"

    def trade(self, reference: str) -> Document | None:
        return self.store.get("alipay.trade", reference)

    def save_trade(self, trade: Document) -> Document:
        return self.store.put("alipay.trade", trade["out_trade_no"], trade)

    def agreement(self, number: str) -> Document | None:
        return self.store.get("alipay.agreement", number)

    def save_agreement(self, agreement: Document) -> Document:
        return self.store.put("alipay.agreement", agreement["agreement_no"], agreement)


def token() -> str:
    return secrets.token_urlsafe(18)


def read_amount(text: object, name: str) -> str:
    """A valid amount as Alipay writes it back: two decimals."""
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text) or not Decimal("0.01") <= Decimal(text) <= HIGHEST:
        raise Refusal("ACQ.INVALID_PARAMETER", text=f"{name} is not a valid amount")
    return format(Decimal(text).quantize(Decimal("0.01")), "f")


def read_reference(text: object, name: str) -> str:
    if not isinstance(text, str) or not _REFERENCE.fullmatch(text):
        raise Refusal("ACQ.INVALID_PARAMETER", text=f"{name} must be 1 to 64 letters, digits or underscores")
    return text


def read_currency(content: Document) -> str:
    currency = content.get("trans_currency", "CNY")
    if currency not in CURRENCIES:
        raise Refusal("ACQ.INVALID_PARAMETER", text="trans_currency is not supported")
    return currency


def read_local(text: object) -> datetime:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError as error:
        raise Refusal("ACQ.INVALID_PARAMETER", text="a time is not yyyy-MM-dd HH:mm:ss") from error
