"""An agency with one account for each wallet, in that wallet's currency, and the doors to look at what became of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.journeys.stack import Stack, eventually

T = TypeVar("T")
# Where a simulator serves other names than its own.
SIMULATORS = {"bank_gateway": "bank", "usdt_eth": "chain", "usdt_tron": "chain", "mpesa_ratiba": "mpesa"}
OVERDUE = timedelta(days=40)
CREDITOR, CODE = "Harbour Finance", "harbour"
HEADER = "AccountRef CustomerRef ProductType CurrencyCode DueDate Balance Emails CountryCode Language BirthYear Name"
BORN_IN = "1985"


@dataclass(frozen=True, kw_only=True)
class Owed:
    """An account of the placement: who owes what, and the wallet they pay it with.

    `way` is what they choose on the page of a wallet that offers several.
    """

    reference: str
    wallet: str
    currency: str
    country: str
    balance: str
    way: str = ""

    def __str__(self) -> str:
        return self.way or self.wallet

    @property
    def minor(self) -> int:
        return int(self.balance.replace(".", ""))

    @property
    def email(self) -> str:
        return f"{self.reference.lower()}@debtors.example"

    def row(self) -> list[str]:
        due = (datetime.now(UTC) - OVERDUE).date().isoformat()
        person = [self.email, self.country, "en", BORN_IN, f"Payer {self.reference}"]
        return [self.reference, f"C-{self.reference}", "personal_loan", self.currency, due, self.balance, *person]


@dataclass
class Agency:
    """`ahead`: how far the sandbox clock has been moved."""

    stack: Stack
    key: str = ""
    ahead: timedelta = field(default_factory=timedelta)

    def places(self, accounts: list[Owed], folder: Path) -> None:
        role = "first_party_creditor"  # what an agency must announce first is no part of this story
        told = self.stack.manage("create_creditor", CODE, "--name", CREDITOR, "--country", "HK", "--role", role)
        self.key = told.strip().rsplit(" ", 1)[-1]
        file = folder / "placement.csv"
        with file.open("w", newline="") as writing:
            csv.writer(writing).writerows([HEADER.split(), *(owed.row() for owed in accounts)])
        said = self.stack.manage("import_accounts", str(file), "--creditor", CODE)
        assert f"{len(accounts)} were created" in said, said

    def asks(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.request(method, f"{self.stack.url}/api/v1/{path}", headers=headers, timeout=120, **options)
        answer.raise_for_status()
        return answer.json()

    def account(self, owed: Owed) -> dict[str, Any]:
        return self.asks("GET", "accounts/", params={"creditor_reference": owed.reference})["results"][0]

    def payments(self, owed: Owed) -> list[dict[str, Any]]:
        return self.asks("GET", "payments/", params={"account": self.account(owed)["reference"]})["results"]

    def link(self, owed: Owed) -> str:
        """A link as an agent makes one, in the language of the test; it outlives the clock moves."""
        wanted = {"account": self.account(owed)["reference"], "language": "en", "valid_days": 365}
        return self.asks("POST", "payment-links/", json=wanted)["url"]

    def debits(self, wallet: str) -> int:
        """How often money has moved at a simulator, by its own count."""
        simulator = SIMULATORS.get(wallet, wallet)
        return int(httpx.get(f"{self.stack.wallet}/control/{simulator}/debits", timeout=120).json()["count"])

    def bank_answers(self, wallet: str, action: str, **fields: str) -> None:
        """`settle` or `fail` what a payer's bank is working on at a simulator."""
        url = f"{self.stack.wallet}/control/{wallet}"
        known = httpx.get(f"{url}/payment_intents", timeout=120).json()["payment_intents"]
        for one in known:
            if one["status"] == "processing":
                wanted = {"action": action, "id": one["id"], **fields}
                httpx.post(f"{url}/user", json=wanted, timeout=120).raise_for_status()

    def moves_the_clock_to(self, moment: datetime) -> None:
        self._advance(int((moment - datetime.now(UTC) - self.ahead).total_seconds() // 60) + 1)

    def _advance(self, minutes: int) -> None:
        """Every periodic task runs at once after it, too."""
        self.stack.manage("advance_clock", "--minutes", str(max(minutes, 1)))
        self.ahead += timedelta(minutes=max(minutes, 1))

    def waits_for(self, look: Callable[[], T | None], *, what: str) -> T:
        """Minute after minute on the platform's clock: work that waits for other work is done at the next tick."""

        def after_a_minute() -> T | None:
            found = look()
            if not found:
                self._advance(1)
            return found

        return eventually(after_a_minute, what=what)
