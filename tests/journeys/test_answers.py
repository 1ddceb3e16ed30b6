"""People answer: one says stop, one's mailbox is gone, one lost her job. On the real platform, end to end.

Everything runs as a newcomer starts it. The three write from their phones through the SMS provider's own webhook, and
look at our pages in a browser; what must not reach them is looked for at the provider, not in our tables.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.journeys.people import Administrator, Debtor
from tests.journeys.stack import Stack, eventually, link_in

pytestmark = pytest.mark.browser

TAIPEI = ZoneInfo("Asia/Taipei")
CREDITOR, OURS = "Formosa Cards", "+15005550006"
HEADER = "AccountRef CustomerRef Name ProductType CurrencyCode DueDate Balance Emails Phones CountryCode Language"
OVERDUE = timedelta(days=22)


@dataclass(frozen=True)
class Person:
    """Who owes on the accounts `owes`."""

    key: str
    name: str
    email: str
    phone: str
    owes: tuple[str, ...]

    def rows(self, due: str) -> Iterator[list[str]]:
        for reference in self.owes:
            person = [self.email, self.phone, "TW", "en"]
            yield [reference, self.key, self.name, "credit_card", "TWD", due, "3900.00", *person]


SARA = Person("C-SARA", "Sara Lin", "sara@example.com", "+886912000001", ("FC-1", "FC-2"))
BEN = Person("C-BEN", "Ben Wu", "bounce+ben@example.com", "+886912000002", ("FC-3",))
JOAN = Person("C-JOAN", "Joan Hsu", "joan@example.com", "+886912000003", ("FC-4",))


@dataclass
class Story:
    stack: Stack
    admin: Administrator
    phone: Debtor
    folder: Path
    key: str
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def moves_the_clock_to(self, moment: datetime) -> None:
        minutes = int((moment - self.now()).total_seconds() // 60) + 1
        self.stack.manage("advance_clock", "--minutes", str(minutes))
        self.ahead += timedelta(minutes=minutes)

    def reached(self, person: Person) -> list[dict[str, Any]]:
        """What arrived at this person, on any channel."""
        found = [*self.stack.messages(to=person.email), *self.stack.messages(to=person.phone)]
        return [message for message in found if message["direction"] == "outbound"]

    def texts_us(self, person: Person, words: str) -> None:
        fields = {"from": person.phone, "to": OURS, "text": words}
        httpx.post(f"{self.stack.outbox}/api/reply", json=fields, timeout=120).raise_for_status()

    def account(self, creditor_reference: str) -> dict[str, Any]:
        answer = httpx.get(
            f"{self.stack.url}/api/v1/accounts/",
            params={"creditor_reference": creditor_reference},
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=120,
        )
        answer.raise_for_status()
        return answer.json()["results"][0]

    def sees(self, path: str) -> str:
        self.admin.goes_to(path)
        return self.admin.page.inner_text("main")


@pytest.fixture(scope="module")
def story(stack, browser, tmp_path_factory) -> Story:
    told = stack.manage(
        "create_creditor", "formosa", "--name", CREDITOR, "--country", "TW", "--role", "first_party_creditor"
    )
    admin = Administrator(stack, browser)
    stack.signs_policies()
    return Story(
        stack=stack,
        admin=admin,
        phone=Debtor(stack, browser),
        folder=tmp_path_factory.mktemp("placement"),
        key=told.strip().rsplit(" ", 1)[-1],
    )


def dawn_after(moment: datetime) -> datetime:
    """Four in the morning in Taipei before a Tuesday or Wednesday: the day is planned, and nothing may leave yet."""
    day = moment.astimezone(TAIPEI) + timedelta(days=1)
    while day.weekday() not in (1, 2):
        day += timedelta(days=1)
    return day.replace(hour=4, minute=0, second=0, microsecond=0)


def three_people_are_placed_and_their_reminders_are_queued_before_dawn(story: Story) -> None:
    story.admin.signs_in()
    dawn = dawn_after(datetime.now(UTC))
    file = story.folder / "placement.csv"
    due = (dawn - OVERDUE).date().isoformat()
    with file.open("w", newline="") as writing:
        rows = [row for person in (SARA, BEN, JOAN) for row in person.rows(due)]
        csv.writer(writing).writerows([HEADER.split(), *rows])
    said = story.stack.manage("import_accounts", str(file), "--creditor", "formosa")
    assert "4 were created" in said, said
    story.moves_the_clock_to(dawn)
    eventually(lambda: story.sees("/messages/?state=due").count("Sara Lin") == 2, what="the queued reminders")
    assert not story.reached(SARA)


def stop_by_text_silences_all_that_is_queued_whatever_the_channel(story: Story) -> None:
    story.texts_us(SARA, "STOP")
    eventually(lambda: "asked us to stop" in story.sees("/messages/?state=cancelled"), what="the silence")
    assert story.sees("/messages/?state=cancelled").count("Sara Lin") == 2
    assert "Sara Lin" not in story.sees("/messages/?state=due")


def a_mailbox_that_is_gone_is_followed_by_a_text(story: Story) -> None:
    story.moves_the_clock_to(story.now().astimezone(TAIPEI).replace(hour=10, minute=30))
    (text,) = eventually(lambda: story.reached(BEN), what="the text to Ben")
    assert text["channel"] == "sms"
    assert "/p/" in text["text"]


def whoever_lost_her_job_is_left_in_peace_and_led_to_help(story: Story) -> None:
    (mail,) = eventually(lambda: story.reached(JOAN), what="the reminder to Joan")
    story.phone.opens(link_in(mail))
    story.texts_us(JOAN, "I lost my job last week, I can not pay this")
    (answer,) = eventually(
        lambda: [one for one in story.reached(JOAN) if one["channel"] == "sms"], what="the answer to Joan"
    )
    assert "Reminders and debits have stopped" in answer["text"]
    address = next(word for word in answer["text"].split() if "/p/" in word)
    story.phone.opens(address.rstrip("."))
    assert "Money is tight" in story.phone.page.inner_text("main")


def a_person_of_ours_has_her_before_them_with_all_that_is_known(story: Story) -> None:
    assert "In hardship" in story.sees("/conversations/")
    story.admin.page.click("a.row-link >> text=Joan Hsu")
    story.admin.page.wait_for_url("**/conversations/*/")
    page = story.admin.page.inner_text("main")
    assert "I lost my job last week" in page and "Hardship" in page
    assert "Hardship" in story.sees(f"/accounts-of/{story.account('FC-4')['reference']}/")


def weeks_later_neither_of_the_two_has_heard_of_a_reminder_and_the_third_has(story: Story) -> None:
    for _week in range(4):
        story.moves_the_clock_to(dawn_after(story.now() + timedelta(days=5)))
        story.moves_the_clock_to(story.now().astimezone(TAIPEI).replace(hour=10, minute=30))
    eventually(lambda: len(story.reached(BEN)) >= 2, what="the next reminder to Ben")
    assert not story.reached(SARA)
    assert len(story.reached(JOAN)) == 2, "the reminder before she wrote, and the answer"
    story.stack.manage("verify_events")


CHAPTERS = (
    three_people_are_placed_and_their_reminders_are_queued_before_dawn,
    stop_by_text_silences_all_that_is_queued_whatever_the_channel,
    a_mailbox_that_is_gone_is_followed_by_a_text,
    whoever_lost_her_job_is_left_in_peace_and_led_to_help,
    a_person_of_ours_has_her_before_them_with_all_that_is_known,
    weeks_later_neither_of_the_two_has_heard_of_a_reminder_and_the_third_has,
)


def test_what_people_answer_is_heeded_at_once_and_for_good(story):
    for chapter in CHAPTERS:
        chapter(story)
