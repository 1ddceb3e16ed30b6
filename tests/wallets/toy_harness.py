"""Toy Wallet installed, and its side of the conformance suite."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import httpx

from tests.wallets.conformance import SandboxHarness
from wallets.providers import registry
from wallets.providers.base import DeclineCategory, HttpIn, PaymentResult
from wallets.sandbox.merchant import packages

# As pip leaves an installed distribution: its modules, and the folder that says what it offers.
SITE = Path(__file__).parent / "toy_wallet"


@contextmanager
def toy_installed() -> Iterator[None]:
    """While it lasts, the distribution is installed in this process."""
    sys.path.insert(0, str(SITE))
    _look_anew()
    try:
        yield
    finally:
        sys.path.remove(str(SITE))
        _look_anew()


def _look_anew() -> None:
    for looked in (registry._third_party, registry.facts_of, packages):
        looked.cache_clear()


class ToyHarness(SandboxHarness):
    key = "toy"
    currency = "EUR"
    reference_field = "reference"
    gateway_options = ("url",)
    foreign_options = {"merchant": "T-2"}
    statement_zone = timezone(timedelta(hours=12))
    skips = SITE
    declines = {
        "poor": DeclineCategory.RETRY_LATER,
        "used": DeclineCategory.UNKNOWN_OUTCOME,
        "missing": DeclineCategory.UNKNOWN_OUTCOME,
        "bad": DeclineCategory.OPERATOR,
    }
    lacks = {"fund_flow": "nothing moves at it beside payments"}

    def user_pays(self, payment: PaymentResult) -> None:
        with suppress(httpx.HTTPStatusError):
            self.control.press(f"{self.control.open(payment.action.url)}/pay")

    def user_declines(self, payment: PaymentResult) -> None:
        self.control.press(f"{self.control.open(payment.action.url)}/cancel")

    def tampered(self, call: HttpIn) -> list[HttpIn]:
        fields = json.loads(call.body)
        changed = [{**fields, name: f"{value}1"} for name, value in fields.items()]
        dropped = [{other: fields[other] for other in fields if other != name} for name in fields]
        return [replace(call, body=json.dumps(one).encode()) for one in [*changed, *dropped, {**fields, "new": "1"}]]
