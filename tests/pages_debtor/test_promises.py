"""Wang Fang says on her page when she will pay, sees it, changes it and withdraws it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Event
from accounts.services import place_hold
from common import clock
from payments.models import Promise
from payments.promises.rules import set_rule
from tests.promises.cast import in_days, move_to, paid, promised, quiet_of, state_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("wallet", "her_clock")]


@pytest.fixture
def her_clock():
    clock.forget()
    yield
    clock.forget()


@pytest.fixture
def wang(debtor):
    debtor.identify()
    return debtor


def says(debtor, **more):
    fields = {"amount": "500.00", "when": "other", "day": in_days(5).isoformat(), "token": "t-1", **more}
    return debtor.send("debtor_promise", **fields)


def test_she_promises_in_a_few_taps_and_the_same_form_again_is_the_same_promise(wang, account):
    assert "I will pay on another day" in wang.read()
    for _time in range(2):
        answer = says(wang)
        assert answer.status_code == 303 and answer["Location"] == wang.url("debtor_promise")
    row = Promise.objects.get()
    assert (row.total_minor, row.source, row.taken_by, row.last_on) == (50_000, "debtor", None, in_days(5))
    assert quiet_of(account) is not None
    page = wang.read("debtor_promise")
    assert "¥500.00" in page and "No reminders up to and including" in page


def test_the_page_of_her_account_says_it_and_leads_there(wang):
    says(wang)
    page = wang.read()
    assert "You promised to pay" in page and wang.url("debtor_promise") in page
    assert "I will pay on another day" not in page


def test_before_she_promises_she_reads_what_follows_from_it(wang):
    page = wang.read("debtor_promise")
    for words in ("no reminders", "we wait 1 more day", "reminders start again", "charge nothing", "at the latest"):
        assert words in page, words


@pytest.mark.parametrize(
    ("given", "says_why"),
    [
        ({"amount": "99999"}, "no more than is owed"),
        ({"amount": "1"}, "at least"),
        ({"amount": "-5"}, "greater than or equal to 0"),
        ({"day": ""}, "Choose the day"),
        ({"day": "2199-01-01"}, "repayment plan"),
        ({"day": "2001-01-01"}, "This day is over"),
        ({"when": "never"}, "valid choice"),
    ],
)
def test_outside_the_limits_the_field_says_what_would_fit(wang, given, says_why):
    answer = says(wang, **given)
    assert answer.status_code == 422 and says_why in answer.content.decode()
    assert not Promise.objects.exists()


def test_she_changes_it_and_what_came_counts_for_the_old_one(wang, account):
    says(wang)
    paid(account, 20_000)
    old = Promise.objects.get()
    page = wang.read("debtor_promise")
    assert "¥200.00" in page and "¥300.00" in page
    assert "Change your promise" in wang.read("debtor_promise", change="1")
    for _time in range(2):
        says(wang, promise=old.reference, amount="300.00", day=in_days(9).isoformat(), token="t-2")
    new = Promise.objects.get(state="open")
    assert state_of(old) == "amended" and new.replaces == old and new.source == "debtor"
    assert (new.total_minor, new.last_on, old.paid_minor) == (30_000, in_days(9), 20_000)


def test_of_two_tabs_the_older_one_is_told_that_it_is_old(wang):
    says(wang)
    old = Promise.objects.get()
    says(wang, promise=old.reference, token="t-2")
    answer = says(wang, promise=old.reference, amount="100.00", token="t-3")
    assert answer.status_code == 422 and "over already" in answer.content.decode()
    assert Promise.objects.get(state="open").total_minor == 50_000


def test_withdrawn_twice_is_once_and_reminders_go_on(wang, account):
    says(wang)
    row = Promise.objects.get()
    for _time in range(2):
        wang.send("debtor_promise_withdraw", promise=row.reference)
    assert state_of(row) == "withdrawn" and quiet_of(account) is None
    assert list(Event.objects.filter(kind="promise.withdrawn").values_list("source", flat=True)) == ["debtor"]


def test_withdrawing_and_promising_again_does_not_put_the_day_off_for_ever(wang, account, lead):
    set_rule(None, by=lead, longest_days=10)
    says(wang, day=in_days(10).isoformat())
    row = Promise.objects.get()
    move_to(row.taken_at + timedelta(days=6))
    wang.identify()
    wang.send("debtor_promise_withdraw", promise=row.reference)
    assert says(wang, day=in_days(10).isoformat(), token="t-2").status_code == 422
    assert says(wang, day=in_days(4).isoformat(), token="t-3").status_code == 303


def test_after_broken_ones_she_is_asked_to_write_and_not_to_fill_in_a_form(wang, account, agent):
    for _time in range(2):
        row = promised(account, (1, 50_000), by=agent)
        Promise.objects.filter(pk=row.pk).update(state="broken", judge_at=None)
    page = wang.read("debtor_promise")
    assert "Write to us: we find a way with you" in page and "<fieldset" not in page
    assert says(wang).status_code == 422 and not Promise.objects.filter(state="open").exists()


def test_one_that_was_not_kept_is_met_with_kindness(wang, account, agent):
    row = promised(account, (1, 50_000), by=agent)
    Promise.objects.filter(pk=row.pk).update(state="broken", judge_at=None)
    page = wang.read("debtor_promise")
    assert "that you can keep this time" in page and wang.url("debtor_hardship") in page


def test_on_hold_there_is_nothing_to_promise(wang, account, lead):
    place_hold(account, kind="dispute", reason="says it is not hers", by=lead)
    assert "This account is on hold" in wang.read("debtor_promise")
    assert says(wang).status_code == 409 and not Promise.objects.exists()


def test_a_stranger_with_the_link_answers_first(debtor):
    assert debtor.open("debtor_promise").status_code == 303
    assert says(debtor).status_code == 303 and not Promise.objects.exists()
