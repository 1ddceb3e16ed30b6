"""One question after a payment, a conversation or a call; asked once, answered once, read by people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Event
from common.clock import now
from payments.services import create_link
from reminders.complaints.selectors import feedback_counts
from reminders.feedback import give_feedback, open_question
from reminders.models import CallTask, Conversation, Feedback
from tests import factories
from tests.pages.conftest import signed_in
from tests.reminders.test_conversations import thread_of, write

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")


@pytest.fixture
def path(account) -> str:
    return create_link(account)[1].partition("/p/")[2].rstrip("/")


@pytest.fixture
def chatted(account):
    write(account, "how much do I owe?")
    return account


def about(account) -> str:
    question = open_question(account)
    assert question is not None
    return question.about


def test_nobody_is_asked_who_had_nothing_to_do_with_us(client, account, path):
    assert open_question(account) is None
    assert "One question" not in client.get(reverse("debtor_messages", args=[path])).content.decode()


def test_after_a_conversation_the_messages_page_asks_and_stops_asking_once_answered(client, chatted, path):
    page = reverse("debtor_messages", args=[path])
    assert "How was writing with us?" in client.get(page).content.decode()
    fields = {"kind": "chat", "about": about(chatted), "score": "4", "text": "quick", "back": page}
    sent = client.post(reverse("debtor_feedback", args=[path]), fields)
    assert (sent.status_code, sent["Location"]) == (303, page)
    row = Feedback.objects.get()
    assert (row.kind, row.score, row.text, row.account) == ("chat", 4, "quick", chatted)
    assert "How was writing with us?" not in client.get(page).content.decode()
    assert Event.objects.filter(kind="feedback.given", account=chatted, source="debtor").count() == 1


def test_somebody_waiting_for_our_answer_is_not_asked_how_it_was(account):
    write(account, "the blue one please")
    assert thread_of(account).state == "waiting"
    assert open_question(account) is None


def test_after_a_call_that_reached_them_they_are_asked(account):
    CallTask.objects.create(
        account=account, debtor=account.debtor, purpose="overdue_last", state="done", outcome="promise",
        not_before=now(), expires_at=now() + timedelta(days=1), called_at=now(), ended_at=now(),
    )  # fmt: skip
    assert open_question(account).kind == "call"


def test_the_same_is_judged_once(chatted):
    judged = about(chatted)
    assert give_feedback(chatted, kind="chat", about=judged, score="1")
    assert give_feedback(chatted, kind="chat", about=judged, score="5") is None
    assert Feedback.objects.get().score == 1


@pytest.mark.parametrize("score", ["0", "6", "", "-1", "five", "٣" * 30, "9" * 40])
def test_a_score_outside_the_five_is_refused(client, chatted, path, score):
    client.post(reverse("debtor_feedback", args=[path]), {"kind": "chat", "about": about(chatted), "score": score})
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    "named", ["chat:999999", "chat:x", "payment:1", "", "chat:", "call:1", "chat:" + "9" * 40, "chat:٣"]
)
def test_what_is_not_theirs_cannot_be_judged(client, chatted, path, named):
    client.post(reverse("debtor_feedback", args=[path]), {"kind": "chat", "about": named, "score": "5"})
    assert not Feedback.objects.exists()


def test_somebody_elses_conversation_cannot_be_judged(client, account, path):
    other = factories.account()
    write(other, "how much do I owe?")
    thread = Conversation.objects.get(debtor=other.debtor)
    fields = {"kind": "chat", "about": f"chat:{thread.pk}:x", "score": "1"}
    client.post(reverse("debtor_feedback", args=[path]), fields)
    assert not Feedback.objects.exists()


def test_the_way_back_leads_to_no_other_site(client, chatted, path):
    fields = {"kind": "chat", "about": about(chatted), "score": "5", "back": "https://evil.example/"}
    sent = client.post(reverse("debtor_feedback", args=[path]), fields)
    assert sent["Location"] == reverse("debtor_messages", args=[path])


def test_the_staff_read_the_words_and_see_the_sums(agent, chatted):
    give_feedback(chatted, kind="chat", about=about(chatted), score="2", text="too slow <b>")
    page = signed_in(agent).get(reverse("feedback_list") + "?kind=chat&score=2").content.decode()
    assert "too slow &lt;b&gt;" in page
    counts = feedback_counts(now() - timedelta(days=1))
    assert (counts.answers, counts.content, counts.average) == (1, 0, 2.0)
