"""A complaint is kept with its clock, confirmed, answered, and nothing is demanded meanwhile. Wang Fang complains."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Event, Hold
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from payments.services import create_link
from reminders.complaints.clock import ANSWER_DAYS, CLOCKS, CONFIRM_DAYS
from reminders.complaints.selectors import complaint_counts, counts_of_lists
from reminders.complaints.services import answer_complaint, confirmed, open_again, open_complaint, withdraw_complaint
from reminders.models import Complaint, Message
from reminders.services import dispatch_due, plan_reminders
from tests import factories
from tests.pages.conftest import signed_in
from tests.reminders.conftest import email_of, phone_of, queue_reminder
from tests.reminders.test_conversations import answer_to, dispatch_all, thread_of, write

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")


@pytest.fixture
def desk(agent):
    return signed_in(agent)


@pytest.fixture
def path(account) -> str:
    """Of her payment link."""
    return create_link(account)[1].removeprefix("http://testserver").partition("/p/")[2].rstrip("/")


def complain(account, words: str = "You called my mother", **fields) -> Complaint:
    row = open_complaint(account.debtor, account=account, text=words, via="page", **fields)
    assert row is not None
    return row


@pytest.mark.parametrize(
    "words",
    [
        "I want to make a complaint about your agent",
        "This is a formal complaint",
        "I will complain to the ombudsman",
        "我要投诉你们",
        "quiero presentar una queja",
    ],
)
def test_a_complaint_in_a_message_is_opened_with_its_words_and_waits_for_a_person(account, words):
    row = write(account, words)
    complaint = Complaint.objects.get(debtor=account.debtor)
    assert (complaint.text, complaint.via, complaint.inbound, complaint.account) == (words, "message", row, account)
    assert (thread_of(account).state, thread_of(account).topic) == ("waiting", "complaint")
    assert answer_to(account) is None, "the confirmation says all there is to say"
    assert Event.objects.filter(kind="complaint.opened", account=account, source="debtor").exists()


@pytest.mark.parametrize("words", ["no complaints, all fine, I pay tomorrow", "how much do I owe?", "I lost my job"])
def test_other_words_open_none(account, words):
    write(account, words)
    assert not Complaint.objects.exists()


def test_more_words_about_it_join_the_open_complaint(account):
    write(account, "I want to make a complaint", key="1")
    write(account, "as I said, I want to complain about you", key="2")
    assert Complaint.objects.count() == 1
    assert Event.objects.filter(kind="complaint.more", account=account).exists()


def test_it_is_confirmed_with_its_number_and_day_where_it_was_said(outbox, account):
    write(account, "I want to make a complaint")
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    complaint = Complaint.objects.get()
    assert complaint.number in text["text"]
    assert "/complaint/" in text["text"]
    assert confirmed(complaint) is not None


def test_reminders_wait_while_it_is_open_and_go_on_after_the_answer(account, agent):
    waiting = queue_reminder(account)
    complaint = complain(account)
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert plan_reminders(today()).planned == 0
    answer_complaint(complaint, outcome="upheld", text="We are sorry. It will not happen again.", by=agent, token="a")
    assert not Hold.objects.filter(account=account, ends_at=None).exists()


def test_a_hold_that_was_there_before_outlives_the_complaint(account, agent):
    from accounts.services import place_hold

    place_hold(account, kind="complaint", reason="an older one", by=None, source="debtor")
    answer_complaint(complain(account), outcome="rejected", text="No.", by=agent, token="a")
    assert Hold.objects.filter(account=account, kind="complaint", ends_at=None).count() == 1


def test_the_answer_is_kept_sent_and_told_once(outbox, account, agent):
    complaint = complain(account)
    for _ in range(2):
        answer_complaint(complaint, outcome="partly", text="You are right about Sunday.", by=agent, token="once")
    dispatch_all()
    mails = [mail for mail in outbox.messages(to=email_of(account)) if "Our answer" in mail["subject"]]
    assert len(mails) == 1
    assert "You are right about Sunday." in mails[0]["text"]
    assert "You are right about Sunday." in mails[0]["html"]
    complaint.refresh_from_db()
    assert (complaint.state, complaint.outcome, complaint.answered_by) == ("answered", "partly", agent)
    assert Event.objects.filter(kind="complaint.answered", account=account, actor=agent).count() == 1


def test_an_answer_that_threatens_is_refused_with_the_words(account, agent):
    with pytest.raises(InvalidInput, match="threatens or shames"):
        answer_complaint(
            complain(account), outcome="rejected", text="Pay now or we will take legal action", by=agent, token="a"
        )


def test_two_people_cannot_answer_the_same_complaint(account, agent):
    complaint = complain(account)
    answer_complaint(complaint, outcome="upheld", text="Sorry.", by=agent, token="a")
    with pytest.raises(Conflict):
        answer_complaint(complaint, outcome="rejected", text="No.", by=factories.user(), token="b")


def test_whoever_is_not_content_opens_it_again_and_the_clock_starts_anew(account, agent):
    complaint = complain(account)
    first = complaint.answer_by
    answer_complaint(complaint, outcome="rejected", text="No.", by=agent, token="a")
    again = open_again(complaint, by=None)
    assert (again.state, again.rounds, again.outcome) == ("open", 2, "")
    assert again.answer_by > first
    assert Message.objects.filter(purpose="complaint_received", account=account).count() == 2
    assert Hold.objects.filter(account=account, kind="complaint", ends_at=None).exists()


def test_a_complaint_taken_back_needs_a_reason(account, agent):
    complaint = complain(account)
    with pytest.raises(InvalidInput):
        withdraw_complaint(complaint, why=" ", by=agent, token="a")
    assert withdraw_complaint(complaint, why="said so on the phone", by=agent, token="b").state == "withdrawn"


@pytest.mark.parametrize("country", ["AU", "GB", "DE", "KE"])
def test_the_clock_is_that_of_the_place(country):
    account = factories.account(person=factories.debtor(country=country, time_zone="UTC"))
    complaint = complain(account)
    days = CLOCKS[country].answer if country in CLOCKS else ANSWER_DAYS
    assert complaint.answer_by - complaint.opened_at == timedelta(days=days)


def test_no_place_gives_us_less_time_than_the_house_takes_unless_it_has_a_line_of_its_own():
    assert all(clock.answer >= 7 and clock.confirm >= 1 and clock.source for clock in CLOCKS.values())
    assert CONFIRM_DAYS <= ANSWER_DAYS


def test_a_late_one_stands_in_the_list_of_late_ones_and_is_counted(desk, account, agent):
    complaint = complain(account)
    Complaint.objects.filter(pk=complaint.pk).update(answer_by=now() - timedelta(days=1))
    assert counts_of_lists(agent)["late"] == 1
    assert complaint_counts(now() - timedelta(days=30)).late == 1
    page = desk.get(reverse("complaint_list") + "?show=late").content.decode()
    assert complaint.number in page and "late" in page


def test_the_debtor_complains_on_the_page_sees_the_day_and_the_same_form_twice_counts_once(client, account, path):
    url = reverse("debtor_complaint", args=[path])
    assert "Send the complaint" in client.get(url).content.decode()
    for _ in range(2):
        sent = client.post(url, {"about": "manner", "text": "You called my mother", "token": "once"})
        assert sent.status_code == 303
    complaint = Complaint.objects.get()
    page = client.get(url).content.decode()
    assert complaint.number in page and "Our answer comes by" in page


def test_an_empty_complaint_is_told_what_is_missing(client, account, path):
    answered = client.post(reverse("debtor_complaint", args=[path]), {"about": "manner", "text": " ", "token": "x"})
    assert answered.status_code == 422
    assert not Complaint.objects.exists()


def test_nobody_opens_a_complaint_of_somebody_else_again(client, account, path, agent):
    other = complain(factories.account())
    answer_complaint(other, outcome="upheld", text="Sorry.", by=agent, token="a")
    answered = client.post(reverse("debtor_complaint_again", args=[path, other.pk]), {"token": "x"})
    assert answered.status_code == 404
    other.refresh_from_db()
    assert other.state == "answered"


def test_the_answer_is_shown_only_to_someone_who_showed_who_they_are(client, agent):
    account = factories.account(person=factories.debtor(birth_year="1985"))
    complaint = complain(account)
    answer_complaint(complaint, outcome="upheld", text="We are sorry about Sunday.", by=agent, token="a")
    link = create_link(account)[1].partition("/p/")[2].rstrip("/")
    assert "We are sorry about Sunday." not in client.get(reverse("debtor_complaint", args=[link])).content.decode()
    client.post(reverse("debtor_identity", args=[link]), {"birth_year": "1985"})
    assert "We are sorry about Sunday." in client.get(reverse("debtor_complaint", args=[link])).content.decode()


def test_an_agent_records_takes_and_answers_one(desk, account, agent):
    fields = {"via": "phone", "about": "contact", "text": "Called on Sunday at 7", "token": "once"}
    made = desk.post(reverse("complaint_new", args=[account.reference]), fields)
    complaint = Complaint.objects.get()
    assert made["Location"] == reverse("complaint_page", args=[complaint.pk])
    assert (complaint.owner, complaint.via) == (agent, "phone")
    page = desk.get(made["Location"]).content.decode()
    assert "Called on Sunday at 7" in page
    desk.post(made["Location"], {"outcome": "upheld", "text": "Sorry, it will not happen again.", "token": "t"})
    complaint.refresh_from_db()
    assert complaint.state == "answered"
    assert complaint.number in desk.get(reverse("complaint_list") + "?show=over").content.decode()


def test_too_many_on_one_day_are_told_so(account):
    for number in range(3):
        complain(account, f"number {number}")
    with pytest.raises(Conflict):
        complain(account, "one more")


def test_a_very_long_complaint_in_a_message_is_heard_and_so_is_the_fourth_of_a_day(account, agent):
    for number in range(4):
        write(account, f"I want to make a complaint {number} " + "because of that " * 500, key=str(number))
        complaint = Complaint.objects.get(state="open")
        assert len(complaint.text) == 4_000
        answer_complaint(complaint, outcome="upheld", text="Sorry.", by=agent, token=str(number))
    assert Complaint.objects.count() == 4


def test_what_was_said_is_kept_encrypted(account):
    from django.db import connection

    complain(account, "You called my mother")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM reminders_complaint")
        (stored,) = cursor.fetchone()
    assert "mother" not in str(stored)


def test_a_confirmation_reaches_someone_who_wrote_at_night_but_nobody_who_died(outbox, account):
    from accounts.services import place_hold

    complain(account)
    place_hold(account, kind="deceased", reason="told by the family", by=None, source="debtor")
    dispatch_due()
    assert not outbox.messages()
