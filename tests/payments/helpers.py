"""What a payer and the wallet do, and the stories' usual beginnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.test import Client

from accounts.models import Account, Event
from common import clock
from common.clock import now, today
from common.models import ClockShift
from common.money import Money
from payments.debits import notice_due_debits
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import Attempt, Instalment, JournalEntry, Payment
from payments.plans import create_plan
from payments.services import apply_waiting_events, create_link, mark_noticed, open_link, start_link_payment
from tests.wallets.receiver import Receiver
from wallets.providers.base import HttpIn
from wallets.sandbox.testing import ControlClient
from wallets.services import Terms, apply_mandate_result, propose_mandate, refresh_mandate, start_mandate

EVIDENCE = {"agreed_at": "2026-01-01T00:00:00+00:00", "ip": "203.0.113.7", "user_agent": "phone"}
TERMS = Terms("2026-1", "We may debit at most this much every 30 days. You can end this at any time.")

__all__ = ["EVIDENCE", "TERMS", "apply_mandate_result"]


@dataclass
class Wallet:
    """The simulated Alipay as the payer sees it, with its notices caught on the way."""

    control: ControlClient
    receiver: Receiver
    client: Client

    def pay(self, url: str) -> None:
        self.control.press(f"{self.control.open(url)}/pay")

    def sign(self, url: str) -> None:
        self.control.press(f"{self.control.open(url)}/sign")

    def notices(self, count: int = 1) -> list[HttpIn]:
        return self.receiver.wait(count)

    def hand_over(self, call: HttpIn, body: bytes | None = None):
        """Deliver a caught notice to our address, as it is or with another body."""
        return self.client.generic(
            "POST",
            "/webhooks/wallets/alipay/",
            call.body if body is None else body,
            content_type=call.headers["content-type"],
        )

    def deliver(self, count: int = 1) -> None:
        """The newest notice arrives and is applied."""
        with patch("payments.tasks.enqueue_event"):
            assert self.hand_over(self.notices(count)[-1]).content == b"success"
        apply_waiting_events()

    def debits(self, **query: str) -> int:
        return self.control.debits(**query)

    def start_the_day(self) -> None:
        """Half past midnight in Shanghai: a story told in hours and days goes the same whenever it is run."""
        shanghai = now().astimezone(ZoneInfo("Asia/Shanghai"))
        morning = datetime.combine(shanghai.date() + timedelta(days=1), time(0, 30), shanghai.tzinfo)
        self.move_clock(seconds=(morning - shanghai).total_seconds())

    def move_clock(self, **step: float) -> None:
        """Ours and the wallet's together."""
        ahead = ClockShift.advance(timedelta(**step), sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()


def open_page(account: Account, minor: int | None = None, *, key: str = "form-1"):
    """A debtor opens a link and chooses to pay `minor` (everything when not told)."""
    link, url = create_link(account)
    found = open_link(url.rstrip("/").rpartition("/")[2])
    assert found.pk == link.pk
    return pay_by(link, minor or account.balance_minor, key=key)


def pay_by(link, minor: int, *, key: str):
    return start_link_payment(
        link, amount_minor=minor, provider_key="alipay", return_url="http://127.0.0.1/back", idempotency=key
    )


def signed_mandate(account: Account, wallet: Wallet, *, cap: int = 50_000, first_debit_on=None):
    mandate = propose_mandate(
        account,
        "alipay",
        cap=Money(cap, account.currency),
        first_debit_on=first_debit_on or today("Asia/Shanghai") + timedelta(days=3),
        period=30,
        evidence=EVIDENCE,
        terms=TERMS,
    )
    wallet.sign(start_mandate(mandate, return_url="http://127.0.0.1/back").url)
    refresh_mandate(mandate)
    assert mandate.state == "active"
    return mandate


def planned_debit(account: Account, wallet: Wallet, *, minor: int = 40_000, cap: int = 50_000):
    """A plan whose first instalment is due in three days, under a signed mandate."""
    mandate = signed_mandate(account, wallet, cap=cap)
    first = mandate.first_debit_on
    parts = [(first, minor), (first + timedelta(days=30), account.balance_minor - minor)]
    return create_plan(account, parts=parts, mandate=mandate)


def tell_the_people() -> int:
    """Announce what is near, and tell the people at once, as the reminders app does."""
    announced = notice_due_debits()
    for row in Instalment.objects.filter(state="noticed", notice_sent_at=None):
        mark_noticed(row.pk, now())
    return announced


def kinds(account: Account) -> list[str]:
    return list(Event.objects.filter(account=account).order_by("pk").values_list("kind", flat=True))


def entries(account: Account) -> int:
    return JournalEntry.objects.filter(kind="payment", postings__account=account).distinct().count()


def balance(account: Account) -> int:
    account.refresh_from_db()
    return account.balance_minor


def books_are_right() -> bool:
    return unbalanced_entries() == [] and drifted_accounts() == []


def only_attempt() -> Attempt:
    return Attempt.objects.select_related("payment").get()


def only_payment() -> Payment:
    return Payment.objects.get()


def soon(**step: float):
    return now() + timedelta(**step)
