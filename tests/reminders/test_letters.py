"""Letters: written like any message, checked once more before they are printed, posted by a person, and some come back.
Wang Fang owes Harbour Bank 1,250.00 CNY and lives at 12 Harbour Road."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import ContactPoint, Event
from accounts.services import place_hold
from common.clock import now
from common.errors import Conflict
from compliance.contact_ledger import note
from compliance.models import ContactCount, PolicyPack
from reminders.channels.letter import address_lines, address_problem
from reminders.letters.printing import batch_pdf, print_file
from reminders.letters.services import make_batch, mark_posted, mark_returned
from reminders.models import Letter, LetterBatch, Message
from reminders.services import dispatch_due
from reminders.switches import switch_off, switch_on
from tests import factories
from tests.pages.conftest import signed_in
from tests.reminders.conftest import queue_reminder
from tests.reminders.test_packs_decide import enact

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")


@pytest.fixture
def home(account) -> ContactPoint:
    return factories.contact_point(account.debtor, kind="address", value="12 Harbour Road\nLondon E14 9SH")


@pytest.fixture
def written(account, home) -> Message:
    message = queue_reminder(account, channel="letter", left=("in_app",))
    dispatch_due()
    message.refresh_from_db()
    return message


@pytest.fixture
def batch(written, lead) -> LetterBatch:
    made = make_batch(by=lead)
    assert made is not None
    return made


def test_a_letter_is_written_like_any_message_and_counted(account, written):
    assert written.state == "sent"
    assert "1,250.00" in written.body
    assert written.subject
    assert ContactCount.objects.get(debtor=account.debtor, channel="letter").count == 1


def test_a_batch_holds_what_waits_once_and_prints_the_same_each_time(written, batch, lead):
    assert [letter.message_id for letter in batch.letters.all()] == [written.pk]
    assert make_batch(by=lead) is None
    assert batch_pdf(batch).startswith(b"%PDF")
    rows = print_file(batch).decode("utf-8-sig").splitlines()
    assert rows[1].split(",")[2:6] == ["Wang Fang", "CN", "12 Harbour Road", "London E14 9SH"]


def test_a_chinese_letter_is_printed_in_our_own_font(account, home, lead):
    account.debtor.language, account.debtor.name = "zh-Hans", "王芳"
    account.debtor.save()
    queue_reminder(account, channel="letter", left=())
    dispatch_due()
    made = batch_pdf(make_batch(by=lead))
    assert b"NotoSansSC" in made


def test_what_is_switched_off_since_it_was_written_is_not_printed_until_it_is_on_again(written, lead, admin):
    switch = switch_off("channel", channel="letter", reason="wrong paper", by=admin)
    assert make_batch(by=lead) is None
    switch_on(switch, reason="new paper", by=admin)
    made = make_batch(by=lead)
    assert [letter.message_id for letter in made.letters.all()] == [written.pk]


def test_who_is_protected_since_the_letter_was_written_is_taken_out(account, written, lead):
    place_hold(account, kind="hardship", reason="illness", by=None)
    assert make_batch(by=lead) is None
    written.refresh_from_db()
    assert written.state == "failed"
    assert "hardship hold" in written.reason
    assert ContactCount.objects.get(debtor=account.debtor, channel="letter").count == 0


HOLD = {
    "id": "TRIAL-HOLD", "type": "freeze",
    "params": {"trigger": "dispute", "over": "debt", "blocks": ["contact"], "days": 3, "until": "dispute_answered"},
}  # fmt: skip


def held_for(account, days: int) -> None:
    """The law of the place lets a dispute stand for so many days; the house has no hold of its own."""
    enact({**HOLD, "params": {**HOLD["params"], "days": days}})
    note(account.debtor_id, accounts=[account.pk], tags=["dispute"], at=now(), source="trial")


def test_a_letter_on_hold_waits_for_a_later_batch_and_says_why(account, written, lead, monkeypatch):
    held_for(account, 3)
    for _again in range(2):
        assert make_batch(by=lead) is None
    written.refresh_from_db()
    assert written.state == "sent" and written.reason
    assert ContactCount.objects.get(debtor=account.debtor, channel="letter").count == 1
    assert "held back" in signed_in(lead).get(reverse("letter_list")).content.decode()
    PolicyPack.objects.filter(pack_id="trial").delete()
    assert [one.message_id for one in make_batch(by=lead).letters.all()] == [written.pk]
    written.refresh_from_db()
    assert written.reason == ""


def test_a_reminder_that_would_be_old_news_when_the_hold_ends_gives_way(account, written, lead):
    held_for(account, 30)
    assert make_batch(by=lead) is None
    written.refresh_from_db()
    assert written.state == "cancelled" and written.reason
    assert ContactCount.objects.get(debtor=account.debtor, channel="letter").count == 0


def test_a_letter_that_people_have_to_decide_about_waits_and_says_so(account, written, lead):
    PolicyPack.objects.filter(pack_id="cn").delete()
    assert make_batch(by=lead) is None
    written.refresh_from_db()
    assert written.state == "sent" and "No policy pack" in written.reason


def test_posting_is_on_the_record_once(account, batch, lead):
    for _ in range(2):
        mark_posted(batch, by=lead)
    batch.refresh_from_db()
    assert batch.posted_by == lead
    assert Event.objects.filter(kind="letter.posted", account=account).count() == 1


def test_a_letter_that_came_back_sets_the_address_aside_and_goes_on_by_the_next_way(home, written, batch, lead):
    letter = Letter.objects.get()
    with pytest.raises(Conflict, match="not posted yet"):
        mark_returned(letter, by=lead)
    mark_posted(batch, by=lead)
    for _ in range(2):
        mark_returned(letter, by=lead)
    home.refresh_from_db()
    written.refresh_from_db()
    assert (home.condition, written.state, written.reason) == ("invalid", "bounced", "letter_returned")
    assert Message.objects.filter(channel="in_app", state="due").count() == 1


def test_an_address_nobody_could_deliver_to_falls_back(account):
    point = factories.contact_point(account.debtor, kind="address", value="London")
    queue_reminder(account, channel="letter", left=("in_app",))
    for _ in range(2):
        dispatch_due()
    point.refresh_from_db()
    assert point.condition == "invalid"
    assert set(Message.objects.values_list("channel", "state")) == {("letter", "failed"), ("in_app", "delivered")}


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("12 Harbour Road\nLondon E14 9SH", ""),
        ("12 Harbour Road, London, E14 9SH", ""),
        ("上海市浦东新区世纪大道100号", ""),
        ("", "too_short"),
        ("London", "too_short"),
        ("Harbour Road\nLondon", "no_number"),
        ("\n".join(f"line {n}" for n in range(9)), "too_long"),
        ("x" * 61 + "\n12 Road", "too_long"),
    ],
)
def test_addresses_are_checked_before_paper_is_used(address, problem):
    assert address_problem(address) == problem


def test_an_address_carries_no_control_characters_onto_paper():
    assert address_lines("12\u202e Road\x00\r\n  London ") == ["12 Road", "London"]


def test_a_lead_prints_posts_and_marks_through_the_pages(written, lead, agent):
    desk = signed_in(lead)
    assert "1 letter waits" in desk.get(reverse("letter_list")).content.decode()
    made = desk.post(reverse("letter_batch_make"), {"token": "once"})
    batch = LetterBatch.objects.get()
    assert made.url == reverse("letter_batch", args=[batch.pk])
    assert desk.get(reverse("letter_batch_file", args=[batch.pk, "pdf"]))["Content-Type"] == "application/pdf"
    assert desk.get(reverse("letter_batch_file", args=[batch.pk, "csv"]))["Content-Type"].startswith("text/csv")
    desk.post(reverse("letter_batch_posted", args=[batch.pk]))
    page = desk.get(reverse("letter_batch", args=[batch.pk])).content.decode()
    assert "It came back" in page
    desk.post(reverse("letter_returned", args=[Letter.objects.get().pk]))
    assert Letter.objects.get().returned_at
    assert signed_in(agent).get(reverse("letter_list")).status_code == 403
