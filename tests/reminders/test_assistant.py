"""The assistant proposes plans that the person's own page offers, leads to a wallet's lesson, and says when a person is
there. It decides nothing: a plan begins when the person confirms it on the page. Wang Fang owes 1,250.00 CNY."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from django.urls import reverse

from accounts.models import Event, OfficeHours
from accounts.office_hours import hours_of, hours_words, next_opening, set_hours
from common.errors import InvalidInput
from payments.debtor_plans import first_days, ready_plans
from payments.models import Plan
from reminders.conversations.proposing import propose
from tests import factories
from tests.pages.conftest import signed_in
from tests.reminders.conftest import phone_of
from tests.reminders.test_conversations import answer_to, dispatch_all, thread_of, write
from wallets.models import Mandate, Provider

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")
MONDAY_NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def alipay(db):
    return Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"], position=1)


@pytest.fixture
def never_there(account, admin):
    """Closed at every moment of today: open in a minute that has passed or comes tomorrow."""
    now = datetime.now(UTC)
    day = (now.weekday() + 2) % 7
    return set_hours(None, time_zone="UTC", weekdays=[day], opens=time(9), closes=time(17), by=admin)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("can I pay in instalments?", 6),
        ("can I pay in 3 instalments", 3),
        ("can I have a payment plan of 5 months?", 6),
        ("I can pay 110 a month", 12),
        ("I can pay 450 per month, please", 3),
        ("I can only pay 20 a month", 12),
        ("可以分3期吗", 3),
        ("我每月能还 220", 6),
    ],
)
def test_the_nearest_plan_of_their_own_page_is_proposed(account, alipay, words, count):
    proposal = propose(account, words)
    assert proposal is not None and proposal.count == count
    offered = ready_plans(account, first_days(account.debtor.time_zone)[0])
    assert count in {plan.count for plan in offered}


def test_the_answer_names_the_sums_and_leads_to_the_terms_and_agrees_to_nothing(outbox, client, account, alipay):
    write(account, "can I pay in 3 instalments?")
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    assert "3 parts of at most CN¥416.67" in text["text"]
    assert "Nothing is agreed until you confirm" in text["text"]
    assert not Plan.objects.exists() and not Mandate.objects.exists()
    address = next(word for word in text["text"].split() if "/plan/terms/" in word)
    page = client.get("/p/" + address.partition("/p/")[2], follow=True)
    assert page.status_code == 200
    assert "416.67" in page.content.decode()
    assert not Plan.objects.exists()


def test_without_a_wallet_for_plans_or_with_a_plan_already_the_ways_are_named(account):
    assert propose(account, "can I pay in 3 instalments?") is None
    write(account, "can I pay in 3 instalments?")
    assert answer_to(account).facts["text"] == "answer_options"


@pytest.mark.parametrize("words", ["can I get a discount?", "I need more time"])
def test_who_asks_for_something_else_gets_no_plan(account, alipay, words):
    assert propose(account, words) is None


def test_on_a_held_account_nothing_is_proposed(account, alipay):
    write(account, "I lost my job")
    assert propose(account, "can I pay in 3 instalments?") is None


def test_asked_about_one_wallet_it_leads_to_its_lesson(outbox, account, alipay):
    write(account, "how do I pay with alipay?")
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    assert "/about/wallet/alipay/" in text["text"]


def test_outside_office_hours_they_are_told_when_a_person_is_there(outbox, account, never_there):
    write(account, "I want to talk to a person")
    dispatch_all()
    (text,) = outbox.messages(to=phone_of(account))
    assert "Nobody is in the office now; a person answers here from" in text["text"]
    assert thread_of(account).state == "waiting"


def test_while_somebody_is_there_nothing_is_said_about_hours(account, admin):
    set_hours(None, time_zone="UTC", weekdays=range(7), opens=time.min, closes=time.max, by=admin)
    write(account, "I want to talk to a person")
    assert answer_to(account).facts["text"] == "answer_handover"


@pytest.mark.parametrize(
    ("zone", "days", "at", "opening"),
    [
        ("UTC", [0, 1], MONDAY_NOON, None),
        ("UTC", [0], MONDAY_NOON.replace(hour=17), datetime(2026, 12, 7, 9, tzinfo=UTC)),
        ("UTC", [0], MONDAY_NOON.replace(hour=8), datetime(2026, 11, 30, 9, tzinfo=UTC)),
        ("UTC", [4], MONDAY_NOON, datetime(2026, 12, 4, 9, tzinfo=UTC)),
        ("Asia/Taipei", [0, 1], MONDAY_NOON, datetime(2026, 12, 1, 1, tzinfo=UTC)),
        ("America/New_York", [0], MONDAY_NOON, datetime(2026, 11, 30, 14, tzinfo=UTC)),
    ],
)
def test_the_next_opening_is_the_offices_own(zone, days, at, opening):
    hours = OfficeHours(time_zone=zone, weekdays=days, opens=time(9), closes=time(17))
    assert next_opening(hours, at) == opening


def test_a_creditors_own_hours_go_before_the_common_ones(account, admin):
    common = set_hours(None, time_zone="UTC", weekdays=[0], opens=time(9), closes=time(17), by=admin)
    assert hours_of(account.creditor) == common
    own = set_hours(account.creditor, time_zone="Asia/Taipei", weekdays=[1], opens=time(8), closes=time(9), by=admin)
    assert hours_of(account.creditor) == own
    assert hours_of(factories.creditor()) == common


@pytest.mark.parametrize(
    "wrong",
    [{"time_zone": "Mars/Base"}, {"weekdays": []}, {"weekdays": [7]}, {"closes": time(9)}, {"closes": time(8)}],
)
def test_senseless_hours_are_refused_with_a_reason(db, admin, wrong):
    usual = {"time_zone": "UTC", "weekdays": [0], "opens": time(9), "closes": time(17)}
    with pytest.raises(InvalidInput):
        set_hours(None, **usual | wrong, by=admin)


def test_an_administrator_sets_them_on_a_page_and_debtors_read_them(client, account, admin):
    fields = {"time_zone": "Asia/Shanghai", "weekdays": ["0", "1", "2"], "opens": "09:00", "closes": "17:30"}
    assert signed_in(admin).post(reverse("office_hours"), fields).status_code == 302
    hours = OfficeHours.objects.get()
    assert hours_words(hours) == "Monday – Wednesday, 09:00–17:30 (Asia/Shanghai)"
    assert Event.objects.filter(kind="office_hours.set", actor=admin).exists()
    assert hours_words(hours) in signed_in(admin).get(reverse("office_hours")).content.decode()


def test_an_agent_may_not_set_them(agent):
    assert signed_in(agent).get(reverse("office_hours")).status_code == 403
