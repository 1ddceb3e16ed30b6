"""Wang Fang says that something is wrong, by whatever way: everything stops at once, and both see the same clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.agenda import agenda
from accounts.models import Event, Hold
from accounts.services import end_hold, place_hold
from accounts.work_items import refresh_everything
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from compliance.selectors import may_contact
from payments.disputes.clock import CLOCKS, HOUSE_DAYS, VALIDATION_DAYS, clock_named
from payments.disputes.opening import ask_for_more, open_dispute, running_dispute, take, withdraw
from payments.models import DebtDispute, DisputeRemark
from tests import factories
from tests.disputes.cast import decided, held, said
from tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db

TOLD = {
    "reason": "already_paid", "text": "I paid in May by bank", "amount": "1,250.00", "on": "2026-05-04", "token": "7",
}  # fmt: skip


def test_she_tells_us_with_one_tap_and_the_account_is_held_at_once(debtor):
    assert debtor.send("debtor_dispute", reason="not_mine").status_code == 303
    row = DebtDispute.objects.get()
    assert (row.state, row.reason, row.via, row.item, row.in_writing) == ("opened", "not_mine", "page", "account", True)
    assert {"contact", "debit", "interest"} <= set(Hold.objects.get(pk=row.hold_id).blocks)
    assert not may_contact(debtor.account, channel="sms", contact_point=None, purpose="overdue_firm").may_go
    assert Event.objects.filter(kind="dispute.raised", account=debtor.account, source="debtor").count() == 1


def test_back_and_a_second_tap_open_nothing_twice_and_say_nothing_twice(debtor):
    for _time in range(2):
        assert debtor.send("debtor_dispute", **TOLD).status_code in (200, 303)
    assert DebtDispute.objects.count() == Hold.objects.count() == DisputeRemark.objects.count() == 1


def test_what_she_says_is_kept_with_the_item_and_sealed(debtor):
    debtor.send("debtor_dispute", **TOLD)
    row = DebtDispute.objects.get()
    assert (row.item, row.claimed_minor, row.claimed_on.isoformat()) == ("payment", 125_000, "2026-05-04")
    assert row.remarks.get().text == "I paid in May by bank"
    assert "May" not in str(DisputeRemark.objects.values("text"))


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("reason", "", "required"),
        ("amount", "a lot", "Write an amount"),
        ("amount", "-5", "more than nothing"),
        ("on", "2999-01-01", "not come yet"),
    ],
)
def test_what_cannot_be_right_is_said_at_the_field_and_nothing_is_held(debtor, field, text, words):
    answer = debtor.send("debtor_dispute", **TOLD | {field: text})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not DebtDispute.objects.exists()
    assert not Hold.objects.exists()


def test_she_and_the_agent_see_the_same_day(known, agent):
    known.send("debtor_dispute", reason="wrong_amount", text="too much")
    row = DebtDispute.objects.get()
    day = (now() + timedelta(days=HOUSE_DAYS)).date()
    assert row.answer_by.date() == day
    assert f"{row.number}" in known.read("debtor_dispute")
    desk = signed_in(agent)
    page = desk.get(reverse("dispute_page", args=[row.pk])).content.decode()
    panel = desk.get(reverse("account_page", args=[row.account.reference])).content.decode()
    assert row.number in known.read(), "the first page of her link says so, too"
    for html in (known.read("debtor_dispute"), known.read(), page):
        assert f"{day.day} {day:%b}" in html or f"{day:%b} {day.day}" in html
    assert row.number in panel
    assert "house rule (house)" in page


def test_what_was_said_is_read_only_after_the_one_question(debtor):
    debtor.send("debtor_dispute", **TOLD)
    assert "by bank" not in debtor.read("debtor_dispute")
    debtor.identify()
    assert "by bank" in debtor.read("debtor_dispute")


@pytest.mark.parametrize(("country", "days"), [("US", VALIDATION_DAYS), ("GB", HOUSE_DAYS), ("CN", HOUSE_DAYS)])
def test_the_clock_is_the_places_and_names_where_it_comes_from(country, days):
    person = factories.debtor(country=country, time_zone="America/New_York")
    row = said(factories.account(person=person, placement=factories.portfolio(person.creditor)))
    assert row.answer_by == row.opened_at + timedelta(days=days)
    clock = clock_named(row.rule)
    assert (row.rule == country) is (country in CLOCKS)
    assert clock.confidence == ("house" if row.rule == "house" else "P")
    assert ("1692g" in clock.source) is (country == "US")


def test_an_agent_opens_it_on_the_phone_for_her(account, agent):
    url = reverse("dispute_new", args=[account.reference])
    answer = signed_in(agent).post(url, {"via": "phone", "reason": "identity_theft", "text": "she never", "token": "a"})
    row = DebtDispute.objects.get()
    assert answer["Location"] == reverse("dispute_page", args=[row.pk])
    assert (row.opened_by, row.owner, row.via, row.in_writing) == (agent, agent, "phone", False)
    assert held(account)


def test_what_is_told_while_one_runs_is_added_to_it(account):
    first = said(account)
    assert said(account, text="And the fee is wrong, too") == first
    assert [one.text for one in first.remarks.order_by("at")] == ["I paid half in May", "And the fee is wrong, too"]


def test_a_hold_that_is_there_already_is_used_and_ends_with_the_dispute(account, agent):
    hold = place_hold(account, kind="dispute", reason="said on the phone", by=agent)
    row = said(account)
    assert row.hold == hold
    assert Hold.objects.count() == 1


def test_the_hold_of_a_dispute_is_not_ended_by_itself(account, lead):
    row = said(account)
    with pytest.raises(Conflict, match=row.number):
        end_hold(row.hold, account=account, reason="looks fine", by=lead)
    assert held(account)


def test_a_dispute_about_one_account_leaves_her_other_ones_alone(account):
    other = factories.account(person=account.debtor, placement=account.portfolio)
    said(account)
    assert not held(other)


def test_taking_it_makes_it_looked_into_and_asking_waits_for_her(known, agent):
    row = said(known.account)
    take(row, owner=agent, by=agent)
    row.refresh_from_db()
    assert (row.state, row.owner) == ("investigating", agent)
    ask_for_more(row, text="Can you send the bank statement of May?", by=agent, token="q")
    assert "Can you send the bank statement" in known.read("debtor_dispute")
    known.send("debtor_dispute_more", text="Here it is", token="m")
    row.refresh_from_db()
    assert row.asked_at is None
    assert row.remarks.count() == 3


def test_she_takes_it_back_and_the_hold_ends_at_once(known):
    row = said(known.account)
    assert known.send("debtor_dispute_withdraw").status_code == 303
    row.refresh_from_db()
    assert (row.state, row.outcome) == ("decided", "withdrawn")
    assert not held(known.account)
    assert Event.objects.filter(kind="dispute.withdrawn", account=known.account).count() == 1


def test_who_is_not_known_cannot_take_it_back(debtor):
    said(debtor.account)
    debtor.send("debtor_dispute_withdraw")
    assert held(debtor.account)


def test_words_that_are_too_many_are_refused_and_a_decided_one_takes_no_more(known, agent):
    with pytest.raises(InvalidInput):
        said(known.account, text="x" * 4001)
    row = said(known.account)
    withdraw(row, why="a mistake", by=agent, once=None)
    assert known.send("debtor_dispute_more", text="but", token="n").status_code == 404


def test_after_a_decision_she_can_say_that_something_else_is_wrong(known, agent):
    decided(said(known.account), agent)
    assert "What is wrong?" in known.read("debtor_dispute", again="1")
    known.send("debtor_dispute", reason="other", text="the name", token="z")
    assert running_dispute(known.account) is not None
    assert DebtDispute.objects.filter(account=known.account).count() == 2


def test_a_telling_that_is_rolled_back_holds_nothing(account):
    with pytest.raises(RuntimeError), transaction.atomic():
        said(account)
        raise RuntimeError
    assert not Hold.objects.exists()
    assert open_dispute(account, _telling(), via="page") is not None


def _telling():
    from payments.disputes.opening import Telling

    return Telling("other", "again")


def test_a_late_one_is_on_the_work_list_with_its_owner(account, agent):
    row = said(account)
    take(row, owner=agent, by=agent)
    DebtDispute.objects.filter(pk=row.pk).update(answer_by=now() - timedelta(days=1))
    Hold.objects.filter(pk=row.hold_id).update(review_on=today() - timedelta(days=1))
    refresh_everything()
    html = signed_in(agent).get(reverse("work_list")).content.decode()
    assert "a dispute is late, with Alice Agent" in html
    late = signed_in(agent).get(reverse("dispute_list") + "?show=late").content.decode()
    assert row.number in late


def test_a_hold_of_another_hand_leaves_the_way_open_to_tell_us(debtor, agent):
    place_hold(debtor.account, kind="dispute", reason="the wallet says so", by=agent)
    assert "again=1" in debtor.read("debtor_dispute")
    assert "What is wrong?" in debtor.read("debtor_dispute", again="1")
    debtor.send("debtor_dispute", reason="wrong_amount")
    assert DebtDispute.objects.get().hold == Hold.objects.get()


def test_the_day_of_the_answer_is_on_the_agenda_of_both_sides(account, agent):
    row = said(account)
    for staff in (True, False):
        (step,) = [one for one in agenda(account, staff=staff) if one.kind == "dispute"]
        assert (step.at, step.waits) == (row.answer_by, ())
        assert bool(step.href) is staff
    withdraw(row, why="mistake", by=agent, once=None)
    assert not [one for one in agenda(account, staff=True) if one.kind == "dispute"]
