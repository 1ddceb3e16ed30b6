"""The main job, end to end, on the real platform: from a creditor's file to a paid, silent account.

Everything runs as a newcomer starts it: PostgreSQL, Valkey, gunicorn, worker, beat, simulated wallet, SMTP and Twilio.
It is one story, so it is one test; each chapter is a function whose name says what has to be true after it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.conftest import SHARED
from tests.journeys.people import Administrator, Debtor
from tests.journeys.stack import Stack, eventually, link_in

pytestmark = pytest.mark.browser

TAIPEI = ZoneInfo("Asia/Taipei")
CREDITOR = "Formosa Cards"
PAYER, PLANNER = "c000001@example.com", "c000014@example.com"


def placement(folder: Path) -> Path:
    """The real placement where it can be had, else two accounts in the same shape."""
    real = SHARED / "data" / "placement_cards_2005.csv"
    if real.exists():
        return real
    path = folder / "placement.csv"
    header = "AccountRef,CustomerRef,ProductType,CurrencyCode,DueDate,Balance,Emails,CountryCode,Language"
    rows = [
        f"TWC-000001,C000001,credit_card,TWD,2005-07-28,3913.00,{PAYER},TW,zh-Hant",
        f"TWC-000014,C000014,credit_card,TWD,2005-08-28,65802.00,{PLANNER},TW,zh-Hant",
    ]
    path.write_text("\n".join([header, *rows]))
    return path


@dataclass
class Story:
    stack: Stack
    admin: Administrator
    payer: Debtor
    planner: Debtor
    file: Path
    key: str
    links: dict[str, str] = field(default_factory=dict)

    def api(self, path: str, **filters: str) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.get(f"{self.stack.url}/api/v1/{path}", params=filters, headers=headers, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def account(self, creditor_reference: str) -> dict[str, Any]:
        return self.api("accounts/", creditor_reference=creditor_reference)["results"][0]

    def payments(self, account: str) -> list[dict[str, Any]]:
        return self.api("payments/", account=account)["results"]

    def mails_to(self, person: str) -> list[dict[str, Any]]:
        return self.stack.messages(to=person, channel="email")

    def told_creditor(self, kind: str, account: str) -> bool:
        notices = self.stack.messages(channel="webhook")
        return any(notice["subject"] == kind and account in notice["text"] for notice in notices)


@pytest.fixture(scope="module")
def story(stack, browser, tmp_path_factory) -> Iterator[Story]:
    told = stack.manage(
        "create_creditor", "formosa", "--name", CREDITOR, "--country", "TW", "--role", "first_party_creditor"
    )
    admin = Administrator(stack, browser)
    stack.signs_policies()
    yield Story(
        stack=stack,
        admin=admin,
        payer=Debtor(stack, browser),
        planner=Debtor(stack, browser),
        file=placement(tmp_path_factory.mktemp("placement")),
        key=told.strip().rsplit(" ", 1)[-1],
    )


def working_morning_after(moment: datetime) -> datetime:
    """Half past ten in Taipei, on a Tuesday or Wednesday: reminders may go out, today and tomorrow."""
    day: date = moment.astimezone(TAIPEI).date() + timedelta(days=1)
    while day.weekday() not in (1, 2):
        day += timedelta(days=1)
    return datetime.combine(day, time(10, 30), TAIPEI)


def an_administrator_signs_in_with_a_second_factor_and_imports_the_placement(story: Story) -> None:
    story.admin.signs_in()
    story.admin.imports(story.file, creditor=CREDITOR)
    with story.file.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    placed = story.account("TWC-000001")
    assert placed["balance_minor"] == 391_300 and placed["currency"] == "TWD"
    last = story.account(rows[-1]["AccountRef"])
    assert last["balance_minor"] == round(float(rows[-1]["Balance"]) * 100)
    story.stack.manage("check_ledger")


def each_person_gets_one_lawful_reminder_with_amount_and_link(story: Story) -> None:
    ahead = working_morning_after(datetime.now(UTC)) - datetime.now(UTC)
    story.stack.manage("advance_clock", "--minutes", str(int(ahead.total_seconds() // 60)))
    for person in (PAYER, PLANNER):
        (mail,) = eventually(lambda who=person: story.mails_to(who), seconds=800, what=f"the reminder to {person}")
        story.links[person] = link_in(mail)
    assert "3,913.00" in story.mails_to(PAYER)[0]["text"]


def the_debtor_pays_from_the_link_in_a_few_taps(story: Story) -> None:
    story.payer.opens(story.links[PAYER])
    assert "3,913.00" in story.payer.page.inner_text("main")
    story.payer.pays_everything()


def the_account_is_paid_the_receipt_is_out_and_the_creditor_is_told(story: Story) -> None:
    account = eventually(lambda: (row := story.account("TWC-000001"))["status"] == "paid" and row, what="the posting")
    assert account["balance_minor"] == 0
    (payment,) = story.payments(account["reference"])
    assert (payment["state"], payment["amount_minor"], payment["source"]) == ("succeeded", 391_300, "link")
    eventually(lambda: len(story.mails_to(PAYER)) == 2, what="the receipt")
    eventually(lambda: story.told_creditor("payment.succeeded", account["reference"]), what="the webhook")
    assert story.stack.debits()["count"] == 1


def another_debtor_agrees_to_instalments_and_signs_in_the_wallet(story: Story) -> None:
    story.planner.agrees_to_pay_in_parts(story.links[PLANNER], born_in="1975")
    reference = story.account("TWC-000014")["reference"]
    eventually(lambda: story.told_creditor("mandate.signed", reference), what="the signed agreement")


def the_agreed_debit_is_announced_then_made_exactly_once(story: Story) -> None:
    account = story.account("TWC-000014")
    before = len(story.mails_to(PLANNER))
    for _day in range(60):
        story.admin.moves_the_clock("due")
        if paid := _debited(story, account):
            break
    assert [(payment["state"], payment["source"]) for payment in paid] == [("succeeded", "debit")]
    assert len(story.mails_to(PLANNER)) > before, "nobody was told before the debit"
    assert story.stack.debits()["count"] == 2
    assert story.account("TWC-000014")["balance_minor"] == account["balance_minor"] - paid[0]["amount_minor"]


def _debited(story: Story, account: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the worker a moment after each move; the notice has to be sent before the day of the debit counts."""

    def answered() -> list[dict[str, Any]]:
        return [payment for payment in story.payments(account["reference"]) if payment["state"] != "open"]

    try:
        return eventually(answered, seconds=20)
    except AssertionError:
        return []


def the_paid_account_stays_silent_and_the_books_agree(story: Story) -> None:
    """Weeks have passed since the payment: the payer heard of nothing but the receipt."""
    assert len(story.mails_to(PAYER)) == 2
    assert story.account("TWC-000001")["reference"] in story.admin.looks_up("TWC-000001")
    story.stack.manage("check_ledger")
    story.stack.manage("verify_events")


CHAPTERS = (
    an_administrator_signs_in_with_a_second_factor_and_imports_the_placement,
    each_person_gets_one_lawful_reminder_with_amount_and_link,
    the_debtor_pays_from_the_link_in_a_few_taps,
    the_account_is_paid_the_receipt_is_out_and_the_creditor_is_told,
    another_debtor_agrees_to_instalments_and_signs_in_the_wallet,
    the_agreed_debit_is_announced_then_made_exactly_once,
    the_paid_account_stays_silent_and_the_books_agree,
)


def test_an_overdue_account_goes_from_the_creditors_file_to_paid_and_silent(story):
    for chapter in CHAPTERS:
        chapter(story)
