"""What every part of the simulated PayPal needs: state, clock, keys, wire formats and refusals."""

import secrets
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.urls import reverse

from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.notifier import Notifier
from wallets.sandbox.paypal.merchant import CURRENCIES, MERCHANT_ID
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store

PAYER = {"account_id": "SANDBOXPAYER7", "email_address": "payer@example.test"}
WITHOUT_DECIMALS = ("HUF", "JPY", "TWD")
_LETTERS = string.ascii_uppercase + string.digits


class Refusal(Refused):
    """An error as PayPal words it: an HTTP status, a name, and the issue that says what is wrong."""

    def __init__(self, issue: str, *, status: int = 422, name: str = "UNPROCESSABLE_ENTITY") -> None:
        super().__init__(issue)
        self.status, self.name = status, name


def missing() -> Refusal:
    return Refusal("INVALID_RESOURCE_ID", status=404, name="RESOURCE_NOT_FOUND")


def invalid(issue: str = "INVALID_PARAMETER_VALUE") -> Refusal:
    return Refusal(issue, status=400, name="INVALID_REQUEST")


@dataclass
class World:
    store: Store
    clock: SandboxClock
    notifier: Notifier
    faults: Faults

    def stamp(self, moment: datetime | None = None) -> str:
        return (moment or self.clock.now()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def is_on(self, switch: str) -> bool:
        return bool((self.store.get("paypal.setting", switch) or {}).get("on"))

    def since(self, stamp: str) -> timedelta:
        return self.clock.now() - datetime.fromisoformat(stamp)

    @property
    def base_url(self) -> str:
        """Where we were last called at: what links and certificates are named by."""
        return (self.store.get("paypal.place", "base") or {"url": ""})["url"]

    def called_at(self, url: str) -> None:
        if self.base_url != url:
            self.store.put("paypal.place", "base", {"url": url})

    def webhook(self) -> Document:
        """The one registered webhook; unless a tester registered another, the product's own address."""
        known = self.store.get("paypal.place", "webhook")
        return known or {"url": f"{settings.PUBLIC_URL}{reverse('wallet_notify', args=['paypal'])}", "without": []}


def new_id(length: int = 17) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def read_amount(data: Any) -> Document:
    """A valid amount with the decimals its currency has."""
    if not isinstance(data, dict):
        raise invalid("MISSING_REQUIRED_PARAMETER")
    currency, value = data.get("currency_code"), data.get("value")
    if currency not in CURRENCIES:
        raise Refusal("INVALID_CURRENCY_CODE")
    decimals = 0 if currency in WITHOUT_DECIMALS else 2
    try:
        number = Decimal(value if isinstance(value, str) else "x")
    except InvalidOperation as error:
        raise invalid() from error
    if not number.is_finite() or number <= 0:
        raise Refusal("CANNOT_BE_ZERO_OR_NEGATIVE")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        raise Refusal("DECIMAL_PRECISION")
    return {"currency_code": currency, "value": format(number.quantize(Decimal(1).scaleb(-decimals)), "f")}


def payee() -> Document:
    return {"merchant_id": MERCHANT_ID}
