"""What people write is acted on at once where that protects them, answered where the answer is certain, or kept for a
person. Wang Fang owes Harbour Bank 1,250.00 CNY and lives in Shanghai."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Consent, Event, Hold
from common.clock import now, today
from reminders.channels.base import InboundText
from reminders.inbound import receive_text
from reminders.models import Conversation, InboundMessage, Message
from reminders.services import dispatch_due, plan_reminders
from reminders.understanding.keywords import keyword_of
from tests import factories
from tests.reminders.conftest import phone_of, queue_reminder

pytestmark = pytest.mark.usefixtures("ready")


def write(account, words: str, *, number: str = "", key: str = "") -> InboundMessage:
    number = number or phone_of(account)
    row = receive_text(InboundText(key or f"SM-{words}", "SM", number, "+15005550006", words, keyword_of(words)))
    assert row is not None
    return row


def thread_of(account) -> Conversation:
    return Conversation.objects.get(debtor=account.debtor)


def answer_to(account) -> Message | None:
    return Message.objects.filter(account=account, purpose="assistant_answer").order_by("-id").first()


def holds_of(account) -> set[str]:
    return set(Hold.objects.filter(debtor=account.debtor).values_list("kind", flat=True))


def dispatch_all() -> None:
    for _ in range(3):
        dispatch_due()


def test_i_lost_my_job_leads_to_a_hardship_hold_and_the_page_with_help(outbox, account):
    waiting = queue_reminder(account)
    write(account, "Sorry, I lost my job last week")
    assert holds_of(account) == {"hardship"}
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    assert "Reminders and debits have stopped" in text["text"]
    assert "/hardship/" in text["text"]
    assert thread_of(account).state == "waiting"
    assert plan_reminders(today()).planned == 0
    assert Event.objects.filter(kind="hold.placed", account=account, source="debtor").exists()


def test_the_page_in_the_answer_opens(outbox, account, client, plain_static_files):
    write(account, "我失业了")
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    address = next(word for word in text["text"].split() if "/p/" in word)
    page = client.get("/p/" + address.split("/p/")[1].rstrip("."), follow=True)
    assert page.status_code == 200
    assert b"Ways we can help" in page.content


@pytest.mark.parametrize(
    ("words", "hold"),
    [
        ("she passed away in May", "deceased"),
        ("talk to my lawyer please", "represented"),
        ("我已经申请破产", "bankruptcy"),
        ("this is not my debt", "dispute"),
    ],
)
def test_what_weighs_holds_and_waits_for_a_person(account, words, hold):
    write(account, words)
    assert holds_of(account) == {hold}
    assert (thread_of(account).state, thread_of(account).topic) == ("waiting", hold)


def test_the_same_said_twice_holds_once(account):
    write(account, "I lost my job")
    write(account, "as I said, I lost my job")
    assert Hold.objects.filter(debtor=account.debtor).count() == 1


@pytest.mark.parametrize("words", ["he died last year", "my attorney will answer you", "I filed chapter 7"])
def test_no_machine_answers_where_it_would_hurt(account, words):
    write(account, words)
    assert answer_to(account) is None


def test_a_wrong_number_is_never_used_for_that_person_again(outbox, account):
    waiting = queue_reminder(account, left=())
    write(account, "wrong number, I am not her")
    assert account.debtor.contact_points.get(kind="phone").condition == "invalid"
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert thread_of(account).topic == "wrong_person"
    assert Event.objects.filter(kind="contact.wrong_person", account=account).exists()
    dispatch_all()
    assert not outbox.messages()


def test_a_promise_leaves_the_account_in_peace_until_the_day_is_over_there(outbox, account):
    queue_reminder(account)
    write(account, "I will pay tomorrow")
    account.refresh_from_db()
    assert timedelta(days=2) < account.quiet_until - now() <= timedelta(days=3), "the day, and one of grace"
    (promise,) = account.promises.all()
    assert (promise.source, promise.total_minor, promise.state) == ("message", 125_000, "open")
    assert account.quiet_reason == "Promised to pay by then."
    assert plan_reminders(today()).planned == 0
    assert Event.objects.filter(kind="promise.heard", account=account).exists()
    assert thread_of(account).state == "assisted"
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    assert "no reminder until then" in text["text"]


def test_a_promise_without_a_day_is_asked_for_one_and_friday_answers(account):
    write(account, "I'll pay soon")
    assert answer_to(account).facts == {"text": "answer_which_day"}
    assert account.quiet_until is None
    write(account, "Friday")
    account.refresh_from_db()
    assert account.quiet_until > now()
    assert answer_to(account).facts["text"] == "answer_promise"


def test_a_promise_far_away_is_for_a_person(account):
    day = today() + timedelta(days=90)
    write(account, f"I'll pay on {day:%Y-%m-%d}")
    account.refresh_from_db()
    assert account.quiet_until is None
    assert thread_of(account).topic == "promise"


def test_who_says_it_is_paid_gets_no_reminder_while_somebody_checks(account):
    waiting = queue_reminder(account)
    write(account, "I paid this yesterday")
    waiting.refresh_from_db()
    account.refresh_from_db()
    assert (waiting.state, thread_of(account).topic) == ("cancelled", "paid")
    assert account.quiet_until > now() + timedelta(days=4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("how much do I owe?", "CN¥1,250.00 to Harbour Bank is open"),
        ("can I pay in instalments?", "agree on parts that fit you"),
        ("I want to talk to a person", "A person reads this"),
    ],
)
def test_a_certain_question_is_answered_at_once_from_the_account(outbox, account, words, said):
    write(account, words)
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    assert said in text["text"]
    assert "Reply STOP" in text["text"]


def test_an_answer_is_in_the_persons_language(outbox, account):
    account.debtor.language = "zh-Hans"
    account.debtor.save()
    write(account, "还欠多少？")
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    assert "您在Harbour Bank还有¥1,250.00未还" in text["text"]


def test_what_nobody_understands_waits_for_a_person_and_reminders_wait_too(account):
    waiting = queue_reminder(account)
    write(account, "the blue one was nicer than the other")
    waiting.refresh_from_db()
    assert (thread_of(account).state, thread_of(account).topic, waiting.state) == ("waiting", "unclear", "cancelled")
    assert answer_to(account) is None


def test_a_number_of_two_people_is_told_nothing_about_either(account):
    other = factories.account()
    factories.contact_point(other.debtor, kind="phone", value=phone_of(account))
    write(account, "how much do I owe?")
    assert not Message.objects.filter(purpose="assistant_answer").exists()
    assert {thread.state for thread in Conversation.objects.all()} == {"waiting"}
    write(account, "I lost my job")
    assert holds_of(account) == holds_of(other) == {"hardship"}


def test_a_refusal_beside_a_question_is_a_refusal(account):
    write(account, "how much do I owe? anyway stop texting me")
    assert not Consent.objects.get(debtor=account.debtor).granted
    assert answer_to(account) is None


def test_whoever_stopped_everything_gets_no_answer_by_text_any_more(outbox, account):
    write(account, "STOP")
    write(account, "how much do I owe?")
    dispatch_all()
    assert not outbox.messages(to=phone_of(account))


def test_a_machine_that_talks_back_is_handed_to_a_person(account):
    for number in range(9):
        write(account, "how much do I owe?", key=f"SM{number}")
    assert Message.objects.filter(purpose="assistant_answer").count() == 6
    assert thread_of(account).topic == "often"


def test_100_kb_and_control_characters_are_kept_short_and_read(account):
    row = write(account, "\u202e\x00" + "blah " * 20_000 + "please do not text me again", key="long")
    assert len(InboundMessage.objects.get(pk=row.pk).text) <= 10_000
    assert row.recognised == "stop"


def test_help_says_who_we_are_once_the_carrier_has_not(account):
    write(account, "HELP")
    assert answer_to(account).facts == {"text": "answer_help"}
