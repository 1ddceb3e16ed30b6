"""Wang Fang has lost her job and says so on her page: peace at once, the sums shown, a way chosen, an answer read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from accounts.hardship.cases import grant_pause, refuse, running_case
from accounts.models import Event, HardshipStatement, Hold
from common.clock import today
from payments.models import Payment, Plan
from reminders.hardship.services import agree_to_smaller_payments
from tests import factories
from tests.pages_debtor.helpers import path_of

pytestmark = pytest.mark.django_db

TOKEN = "7" * 32
TOLD = {
    "token": TOKEN, "changed": "job", "lasting": "quarter", "people": "2", "wages_amount": "3,000",
    "wages_period": "month", "housing_amount": "1500", "housing_period": "month", "food_amount": "200",
    "food_period": "week", "agreed": "on",
}  # fmt: skip


@pytest.fixture
def known(debtor):
    """She has answered the one question."""
    debtor.identify()
    return debtor


def tell(debtor, **fields: str):
    return debtor.send("debtor_hardship", **TOLD | fields)


def holds(account) -> int:
    return Hold.objects.filter(debtor=account.debtor, kind="hardship", ends_at=None).count()


def test_her_numbers_are_asked_behind_the_one_question(debtor):
    answer = debtor.open("debtor_hardship")
    assert (answer.status_code, "identity" in answer["Location"]) == (303, True)
    assert tell(debtor).status_code == 303
    assert not HardshipStatement.objects.exists()


def test_she_tells_us_once_and_sees_how_we_counted(known):
    assert tell(known).status_code == 303
    html = known.read("debtor_hardship")
    for words in ("You have peace for now", "633.33", "375.00", "258.33", "129.16", "12.5 %", "for 2 people"):
        assert words in html.replace(",", ""), words
    assert holds(known.account) == 1


def test_back_and_a_second_tap_tell_nothing_twice(known):
    for _ in range(2):
        assert tell(known).status_code == 303
    assert HardshipStatement.objects.count() == 1
    assert Event.objects.filter(kind="hardship.told").count() == 1


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("wages_amount", "-5", "less than nothing"),
        ("food_amount", "a lot", "digits only"),
        ("housing_amount", "9" * 15, "too large"),
        ("wages_amount", "", "or 0 if there is nothing"),
        ("people", "0", "at least one"),
        ("people", "many", "whole number"),
        ("people", "21", "up to 20"),
        ("agreed", "", "Tick the box"),
        ("changed", "", "required"),
    ],
)
def test_what_cannot_be_right_is_said_at_the_field_and_nothing_is_kept(known, field, text, words):
    answer = tell(known, **{field: text})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert f'href="#id_{field}' in html, "the summary leads to the field"
    assert ('value="200"' in html) is (field != "food_amount"), "what was typed is still there"
    assert not HardshipStatement.objects.exists()
    assert holds(known.account) == 0


def test_she_may_still_pay_of_her_own_wish_and_nothing_is_asked(wallet, known):
    tell(known)
    answer = known.press_pay(choice="other", other="10")
    assert answer.status_code == 303
    assert Payment.objects.filter(account=known.account, source="link").exists()


def test_a_dispute_beside_it_still_stops_paying(wallet, known):
    tell(known)
    known.send("debtor_dispute", reason="not_mine")
    assert "on hold" in known.read()


def wish(debtor, value: str):
    found = re.search(r'choose/">.*?name="token" value="([0-9a-f]+)"', debtor.read("debtor_hardship"), re.S)
    return debtor.send("debtor_hardship_choose", wish=value, token=found.group(1) if found else "")


def test_she_asks_for_a_pause_and_reads_the_answer(known, agent):
    tell(known)
    wish(known, "pause_30")
    case = running_case(known.account)
    assert (case.wish, case.wish_days) == ("pause", 30)
    grant_pause(case, days=30, reason="We hope you find work soon.", by=agent)
    html = known.read("debtor_hardship")
    assert "You have a pause" in html
    assert "We hope you find work soon." in html
    assert known.send("debtor_hardship_choose", wish="person", token="x").status_code == 303
    assert running_case(known.account).wish == "pause"


def test_smaller_payments_fit_what_was_worked_out_and_become_her_plan(known, agent):
    tell(known)
    wish(known, "plan")
    case = running_case(known.account)
    assert 0 < case.wish_minor <= 12_916
    for _ in range(2):
        agree_to_smaller_payments(case, reason="", by=agent, token="once")
    plan = Plan.objects.get(account=known.account)
    amounts = list(plan.instalments.values_list("amount_minor", flat=True))
    assert max(amounts) <= 12_916
    assert sum(amounts) <= known.account.balance_minor
    assert holds(known.account) == 0, "reminders of the dates may come"
    assert running_case(known.account).review_on == today() + timedelta(days=180)
    assert "Smaller payments are agreed" in known.read("debtor_hardship")


def test_who_has_nothing_to_spare_is_offered_peace_and_no_plan(known):
    tell(known, wages_amount="0")
    html = known.read("debtor_hardship")
    assert "we ask you for nothing now" in html
    assert 'value="plan"' not in html
    assert 'value="pause_60"' in html
    wish(known, "plan")
    assert running_case(known.account).wish == ""


def test_a_refusal_says_why_and_how_to_ask_somebody_else(known, lead):
    tell(known)
    refuse(running_case(known.account), reason="The plan you have is smaller.", by=lead)
    html = known.read("debtor_hardship")
    assert "The plan you have is smaller." in html
    assert known.url("debtor_complaint") in html
    assert tell(known, token="8" * 32).status_code == 303
    assert running_case(known.account) is not None


def test_free_advice_of_her_country_is_named(known):
    tell(known)
    assert "12378" in known.read("debtor_hardship")


def test_another_persons_link_shows_nothing_of_it(known, client):
    from payments.services import create_link
    from tests.pages_debtor.helpers import Debtor

    tell(known)
    other = factories.account()
    link, url = create_link(other)
    neighbour = Debtor(other, link, path_of(url).rstrip("/").rpartition("/")[2], client)
    neighbour.identify("1985")
    assert "633.33" not in neighbour.read("debtor_hardship")


def test_she_takes_her_numbers_back_and_keeps_her_peace(known):
    tell(known)
    for _ in range(2):
        assert known.send("debtor_hardship_forget").status_code == 303
    assert not HardshipStatement.objects.exists()
    assert holds(known.account) == 1
    html = known.read("debtor_hardship")
    assert "You have peace for now" in html
    assert "633.33" not in html
    assert Event.objects.filter(kind="hardship.forgotten", source="debtor").count() == 1
