"""How Daraja writes things: Nairobi time, whole shillings, phone numbers, account references of twelve characters."""

import hashlib
import json
import re
import string
from base64 import b64encode
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.money import Money
from wallets.providers import amounts
from wallets.providers.messages import Descriptor

# Kenya has kept GMT+3 without daylight saving since 1960.
NAIROBI = timezone(timedelta(hours=3))
HOME_CURRENCY = "KES"
SHILLING = 100
LARGEST_SHILLINGS = 250_000
REFERENCE_ALPHABET = string.digits + string.ascii_uppercase
REFERENCE_LENGTH = 12
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)
_PHONE = re.compile(r"(?:\+?254|0)?([17]\d{8})", re.ASCII)


def stamp(moment: datetime) -> str:
    return moment.astimezone(NAIROBI).strftime("%Y%m%d%H%M%S")


def read_stamp(text: object) -> datetime | None:
    """`20260131235959` of Nairobi as an aware instant; `None` for anything else."""
    try:
        return datetime.strptime(str(text), "%Y%m%d%H%M%S").replace(tzinfo=NAIROBI)
    except ValueError:
        return None


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=NAIROBI)


def password(short_code: str, passkey: str, timestamp: str) -> str:
    return b64encode(f"{short_code}{passkey}{timestamp}".encode()).decode()


def reference(prefix: str, attempt_id: str) -> str:
    """`prefix` and eleven characters of a digest: the account reference is the only field of ours in Daraja's books."""
    number = int.from_bytes(hashlib.sha256(attempt_id.encode()).digest())
    letters: list[str] = []
    while len(letters) < REFERENCE_LENGTH - len(prefix):
        number, digit = divmod(number, len(REFERENCE_ALPHABET))
        letters.append(REFERENCE_ALPHABET[digit])
    return prefix + "".join(letters)


def phone_number(text: str) -> str:
    """A Kenyan mobile number as Daraja wants it (`2547...`); raises `InvalidInput` on the field `payer_hint`."""
    match = _PHONE.fullmatch(re.sub(r"[\s()-]", "", text))
    if not match:
        raise InvalidInput(_("Enter the phone number of your M-Pesa wallet, like 0712 345 678."), field="payer_hint")
    return f"254{match[1]}"


def check_amount(amount: Money, descriptor: Descriptor) -> int:
    """The amount in whole shillings; raises `Unsupported` or `InvalidInput`."""
    amounts.check_amount(amount, descriptor)
    return amount.minor // SHILLING


def read_amount(value: object) -> Money:
    """An amount as Daraja writes it (1, 1.0, "1.00"); raises `ValueError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("not an amount")
    # Plain digits only: an exponent could stand for more digits than fit in memory.
    if not _AMOUNT.fullmatch(str(value)):
        raise ValueError("not an amount")
    return Money.parse(str(value), HOME_CURRENCY)


def read_json(body: bytes) -> dict[str, Any]:
    """A JSON object with decimals kept exact; raises `ValueError` for anything else."""
    try:
        data = json.loads(body.decode(), parse_float=Decimal, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return data


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def either(data: Mapping[str, Any], *names: str) -> Any:
    """The first of these fields that is there: Daraja is not of one mind about capitals."""
    return next((data[name] for name in names if name in data), None)
