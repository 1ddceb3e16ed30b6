"""Agents see who waits, read both sides, take a draft, and send an answer of their own through the gate."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Event
from common.errors import InvalidInput
from reminders.conversations.replying import UnknownFigure, check_reply
from reminders.models import Conversation, Message, Reply
from reminders.services import dispatch_due, withdraw_consent
from tests import factories
from tests.pages.conftest import signed_in
from tests.reminders.conftest import phone_of
from tests.reminders.test_conversations import thread_of, write

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")


@pytest.fixture
def desk(agent):
    return signed_in(agent)


def page_of(thread: Conversation) -> str:
    return reverse("conversation_page", args=[thread.pk])


def test_who_waits_longest_stands_first_with_their_words(desk, account):
    other = factories.account()
    write(account, "the blue one please", key="1")
    write(other, "I lost my job", key="2")
    page = desk.get(reverse("conversation_list")).content.decode()
    assert page.index("the blue one please") < page.index("I lost my job")
    assert "In hardship" in page


def test_what_the_assistant_answered_does_not_wait(desk, account):
    write(account, "how much do I owe?")
    assert "Nobody waits here" in desk.get(reverse("conversation_list")).content.decode()
    assert "how much do I owe?" in desk.get(reverse("conversation_list") + "?show=all").content.decode()


def test_a_draft_holds_the_figures_of_the_account_and_sends_nothing(desk, account):
    write(account, "I paid this yesterday")
    Message.objects.all().delete()
    page = desk.get(page_of(thread_of(account)) + "?draft=answer_balance").content.decode()
    assert "CN¥1,250.00 to Harbour Bank is open" in page
    assert "{{ link }}" in page
    assert not Message.objects.exists()


def test_an_answer_goes_out_by_text_with_a_fresh_link_and_ends_the_waiting(desk, outbox, account, agent):
    write(account, "the blue one please")
    thread = thread_of(account)
    answered = desk.post(page_of(thread), {"text": "Which one do you mean? See {{ link }}", "token": "once"})
    assert answered.status_code == 302
    dispatch_due()
    (text,) = outbox.messages(to=phone_of(account))
    assert "Which one do you mean? See http" in text["text"]
    assert "Reply STOP" in text["text"]
    thread.refresh_from_db()
    assert (thread.state, thread.waiting_since, thread.assigned_to) == ("answered", None, agent)
    assert Event.objects.filter(kind="reply.written", account=account, actor=agent).exists()
    assert "Which one do you mean?" in desk.get(page_of(thread)).content.decode()


def test_the_same_form_twice_answers_once(desk, account):
    write(account, "the blue one please")
    for _ in range(2):
        desk.post(page_of(thread_of(account)), {"text": "Which one?", "token": "once"})
    assert Reply.objects.count() == Message.objects.filter(purpose="agent_reply").count() == 1


def test_an_answer_to_someone_who_said_stop_is_blocked_and_says_why(desk, outbox, account):
    write(account, "the blue one please")
    withdraw_consent(account.debtor, channel="*", source="test")
    desk.post(page_of(thread_of(account)), {"text": "Which one?", "token": "once"})
    dispatch_due()
    assert not outbox.messages()
    row = Message.objects.get(purpose="agent_reply")
    assert row.state in ("blocked", "due", "delivered")
    assert row.channel == "in_app" or row.state == "blocked"


def test_an_amount_that_is_not_the_accounts_is_asked_about_first(desk, account):
    write(account, "the blue one please")
    asked = desk.post(page_of(thread_of(account)), {"text": "You owe ¥9,999.00", "token": "once"})
    assert asked.status_code == 200
    assert "is not an amount of this account" in asked.content.decode()
    assert not Reply.objects.exists()
    desk.post(page_of(thread_of(account)), {"text": "You owe ¥9,999.00", "token": "once", "figures_meant": "on"})
    assert Reply.objects.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "You owe ¥1,250.00",
        "1250.00 is open",
        "CNY 1,250",
        "1250元",
        "625.00 now, 625.00 later",
        "Call 12 34 on 5 May at 10:30",
    ],
)
def test_the_accounts_own_figures_pass(account, text):
    check_reply(text, account)


@pytest.mark.parametrize("text", ["You owe ¥12,500", "pay USD 10 today", "300.50 is enough", "先付300元"])
def test_other_figures_do_not(account, text):
    with pytest.raises(UnknownFigure):
        check_reply(text, account)


@pytest.mark.parametrize(
    "text", ["", "Pay or we see you in court action", "Hi {{ secret }}", "x" * 601, "我们会起诉您"]
)
def test_words_that_press_or_cannot_be_filled_are_refused(account, text):
    with pytest.raises(InvalidInput):
        check_reply(text, account)


def test_closing_needs_no_answer_and_a_new_text_opens_it_again(desk, account):
    write(account, "the blue one please", key="1")
    desk.post(reverse("conversation_close", args=[thread_of(account).pk]))
    assert thread_of(account).state == "closed"
    write(account, "and the green one", key="2")
    assert thread_of(account).state == "waiting"


def test_a_conversation_is_taken_by_one_and_not_by_another(desk, account, agent):
    write(account, "the blue one please")
    address = reverse("conversation_take", args=[thread_of(account).pk])
    desk.post(address)
    assert thread_of(account).assigned_to == agent
    other = signed_in(factories.user(role="agent", email="bo@agency.example", name="Bo Agent"))
    assert other.post(address).status_code == 409
    assert thread_of(account).assigned_to == agent
    desk.post(address, {"give_back": "1"})
    assert thread_of(account).assigned_to is None


def test_creditors_do_not_read_conversations(account):
    user = factories.user(role="creditor", email="c@bank.example", name="Cara Creditor", creditor=account.creditor)
    assert signed_in(user).get(reverse("conversation_list")).status_code == 403


def test_a_conversation_that_is_not_there_is_named(desk):
    assert desk.get(reverse("conversation_page", args=[999])).status_code == 404
