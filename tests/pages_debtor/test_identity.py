"""Personal pages open after one light question that cannot be guessed at leisure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Consent, Event
from common import clock
from common.clock import now
from common.models import ClockShift
from payments.services import create_link
from reminders.models import InboundMessage, Message

pytestmark = pytest.mark.django_db(transaction=True)
PERSONAL = ("debtor_documents", "debtor_statement", "mandate_offer")


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_pages_ask_first_and_lead_back(wallet, debtor, name):
    asked = debtor.open(name)
    assert asked.status_code == 303 and asked["Location"].startswith(debtor.url("debtor_identity"))
    assert debtor.identify(next=debtor.url(name))["Location"] == debtor.url(name)
    assert debtor.open(name).status_code == 200


def test_paying_asks_nothing(wallet, debtor):
    assert debtor.press_pay().status_code == 303


def test_a_wrong_year_is_said_at_the_field(wallet, debtor):
    answer = debtor.identify("1986")
    assert answer.status_code == 422
    assert answer.content.decode().count("That is not the year we have.") == 2


def test_after_five_wrong_answers_even_the_right_one_waits_an_hour(wallet, debtor, settings):
    for year in range(1960, 1965):
        assert debtor.identify(str(year)).status_code == 422
    assert debtor.identify("1985").status_code == 429
    assert debtor.open("debtor_statement").status_code == 303
    ClockShift.advance(timedelta(minutes=61), sandbox=True)
    clock.forget()
    assert debtor.identify("1985").status_code == 303


def test_words_that_are_no_year_are_not_counted_as_tries(wallet, debtor):
    for _try in range(8):
        assert debtor.identify("what?").status_code == 422
    assert debtor.identify("１９８５").status_code == 303


def test_the_answer_counts_for_this_browser_and_this_link_only(wallet, debtor):
    debtor.identify()
    assert Client().get(debtor.url("debtor_statement")).status_code == 303
    _link, url = create_link(debtor.account)
    assert debtor.client.get(f"{url.removeprefix('http://testserver')}statement/").status_code == 303


def test_after_a_quarter_of_an_hour_it_is_asked_again(wallet, debtor):
    debtor.identify()
    ClockShift.advance(timedelta(minutes=14), sandbox=True)
    clock.forget()
    assert debtor.open("debtor_statement").status_code == 200
    ClockShift.advance(timedelta(minutes=16), sandbox=True)
    clock.forget()
    assert debtor.open("debtor_statement").status_code == 303


def test_the_way_back_leads_to_this_link_only(wallet, debtor):
    for outside in ("https://evil.example/", "//evil.example/", "/admin/"):
        debtor.client.cookies.clear()
        assert debtor.identify(next=outside)["Location"] == debtor.url("debtor_documents")


def test_without_a_year_on_file_nothing_is_asked(wallet, debtor):
    debtor.account.debtor.birth_year = ""
    debtor.account.debtor.save()
    assert debtor.open("debtor_statement").status_code == 200


def test_what_is_written_is_kept_once_and_read_back_only_by_its_writer(wallet, debtor):
    for _time in range(2):
        debtor.send("debtor_write", text="I lost my job", request_key="a" * 32)
    assert [row.text for row in InboundMessage.objects.all()] == ["I lost my job"]
    assert "I lost my job" not in debtor.read("debtor_messages")
    debtor.identify()
    assert "I lost my job" in debtor.read("debtor_messages")


def test_our_own_messages_of_this_account_are_shown_and_marked_read(wallet, debtor):
    message = Message.objects.create(
        account=debtor.account, debtor=debtor.account.debtor, purpose="receipt", occasion="x", channel="in_app",
        state="delivered", due_at=now(), subject="Your receipt",
    )  # fmt: skip
    message.body = "Thank you for paying."
    message.save()
    debtor.identify()
    assert "Thank you for paying." in debtor.read("debtor_messages")
    message.refresh_from_db()
    assert message.read_at


def test_stop_written_on_the_page_is_honoured(wallet, debtor):
    debtor.send("debtor_write", text="please stop contacting me", request_key="b" * 32)
    assert Consent.objects.filter(channel="*", granted=False).exists()


def test_stopping_a_channel_needs_nothing_and_starting_it_again_needs_the_answer(wallet, debtor):
    debtor.send("debtor_channel", channel="sms", want="stop")
    assert not Consent.objects.get().granted
    assert debtor.send("debtor_channel", channel="sms", want="start").status_code == 403
    debtor.identify()
    assert debtor.send("debtor_channel", channel="sms", want="start").status_code == 303
    assert Consent.objects.order_by("-id").first().granted


def test_the_language_is_the_readers_choice_then_the_links_then_the_persons(wallet, debtor):
    assert '<html lang="en"' in debtor.read()
    debtor.account.debtor.language = "zh-hans"
    debtor.account.debtor.save()
    assert '<html lang="zh-hans"' in debtor.read()
    debtor.link.language = "en"
    debtor.link.save()
    assert '<html lang="en"' in debtor.read()
    switched = debtor.client.post("/i18n/setlang/", {"language": "zh-hans", "next": debtor.url("pay")})
    assert switched["Location"] == debtor.url("pay")
    assert '<html lang="zh-hans"' in debtor.read()


def test_preferences_are_kept_for_the_person_and_the_screen(wallet, debtor):
    debtor.send("debtor_preferences", language="zh-hans", large_text="on")
    debtor.account.debtor.refresh_from_db()
    assert debtor.account.debtor.language == "zh-hans"
    assert 'data-text="large"' in debtor.read()
    assert Event.objects.filter(kind="debtor.updated").count() == 1
    debtor.client.cookies.clear()
    assert 'data-text="large"' in debtor.read(), "another device of the same person"
