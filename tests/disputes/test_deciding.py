"""Lena decides: the words, the correction in the ledger, four eyes; the hold ends when the answer has arrived."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Event
from common.clock import today
from common.errors import Conflict, Forbidden, InvalidInput
from compliance.selectors import may_contact
from payments.accrual.correcting import decide_fact
from payments.disputes.deciding import Waived, release
from payments.models import AccountFact
from payments.moves.asking import decide_move
from payments.moves.limits import set_rule
from tests import factories
from tests.disputes.cast import decided, held, read, said
from tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db


def off(minor: int = 5_000) -> Waived:
    return Waived("principal", minor, today() - timedelta(days=1))


def test_a_small_correction_counts_at_once_and_the_ledger_agrees(account, agent):
    row = decided(said(account), agent, "partly", waived=off())
    account.refresh_from_db()
    assert (row.state, account.balance_minor) == ("decided", 120_000)
    assert row.correction.reason.startswith(row.number)
    call_command("check_ledger")


def test_the_hold_outlives_the_decision_until_the_answer_has_arrived(account, lead):
    row = decided(said(account), lead, "rejected", answer="The statement shows no such payment.")
    assert held(account)
    assert not may_contact(account, channel="sms", contact_point=None, purpose="overdue_firm").may_go
    assert release(row) is True
    assert not held(account)
    assert release(row) is False
    assert Event.objects.filter(kind="dispute.answered", account=account).count() == 1


def test_a_correction_that_moves_much_waits_for_a_second_person_and_tells_nobody(account, agent, lead):
    row = decided(said(account), agent, "partly", waived=off(60_000))
    assert (row.state, row.correction.state) == ("deciding", "requested")
    account.refresh_from_db()
    assert account.balance_minor == 125_000
    assert held(account)
    with pytest.raises(Conflict, match="second person"):
        decided(row, lead, "rejected")
    decide_fact(row.correction, by=lead, agree=True)
    row.refresh_from_db()
    account.refresh_from_db()
    assert (row.state, row.outcome, account.balance_minor) == ("decided", "partly", 65_000)
    assert held(account), "the answer has not arrived yet"
    call_command("check_ledger")


def test_a_correction_refused_sends_the_dispute_back(account, agent, lead):
    row = decided(said(account), agent, "partly", waived=off(60_000))
    decide_fact(row.correction, by=lead, agree=False, note="the bank says otherwise")
    row.refresh_from_db()
    account.refresh_from_db()
    assert (row.state, row.outcome, row.answer, row.correction, account.balance_minor) == (
        "investigating", "", "", None, 125_000,
    )  # fmt: skip
    assert held(account)
    assert decided(row, lead, "upheld", token="again").state == "decided"


def test_who_is_wholly_right_has_the_account_closed_by_a_team_lead(lead, agent):
    set_rule(None, by=factories.user(role="admin"), alone_units=1_000)
    account = factories.account(balance_minor=20_000)
    row = said(account, reason="not_mine")
    with pytest.raises(Forbidden):
        decided(row, agent, "upheld", closes=True)
    row = decided(row, lead, "upheld", closes=True)
    account.refresh_from_db()
    assert (row.state, account.status, account.balance_minor) == ("decided", "closed", 0)
    assert (row.closing.state, row.closing.why) == ("done", "not_theirs")
    release(row)
    assert not may_contact(account, channel="sms", contact_point=None, purpose="overdue_firm").may_go
    call_command("check_ledger")


def test_a_closing_above_the_limit_waits_for_a_second_person(account, lead):
    set_rule(None, by=factories.user(role="admin"), alone_units=100)
    row = decided(said(account, reason="not_mine"), lead, "upheld", closes=True)
    account.refresh_from_db()
    assert (row.state, account.status) == ("deciding", "open")
    decide_move(row.closing, by=factories.user(role="lead"), agree=True)
    row.refresh_from_db()
    account.refresh_from_db()
    assert (row.state, row.outcome, account.status) == ("decided", "upheld", "closed")
    assert held(account), "the answer has not arrived yet"


def test_a_closing_refused_sends_the_dispute_back(account, lead):
    set_rule(None, by=factories.user(role="admin"), alone_units=100)
    row = decided(said(account, reason="not_mine"), lead, "upheld", closes=True)
    decide_move(row.closing, by=factories.user(role="lead"), agree=False, note="ask the creditor first")
    row.refresh_from_db()
    assert (row.state, row.outcome, row.closing, row.closes) == ("investigating", "", None, False)
    again = decided(row, lead, "upheld", closes=True, token="again")
    assert again.closing.state == "asked"


def test_turning_down_is_a_team_leads_and_the_second_time_somebody_elses(account, agent, lead):
    with pytest.raises(Forbidden):
        decided(said(account), agent, "rejected")
    release(decided(said(account), lead, "rejected"))
    again = said(account, text="I have found the receipt")
    with pytest.raises(Forbidden, match="Somebody else"):
        decided(again, lead, "rejected")
    assert decided(again, factories.user(role="lead"), "rejected").state == "decided"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"outcome": "maybe"}, "how you decided"),
        ({"outcome": "withdrawn"}, "how you decided"),
        ({"outcome": "upheld", "answer": " "}, "Write the answer"),
        ({"outcome": "partly"}, "which part"),
        ({"outcome": "rejected", "waived": ("principal", 5, 0)}, "no correction"),
        ({"outcome": "partly", "waived": ("principal", 5, 0), "closes": True}, "wholly right"),
        ({"outcome": "upheld", "waived": ("principal", 5, 0), "closes": True}, "leave the amount empty"),
        ({"outcome": "upheld", "waived": ("interest", 5, 0)}, "so much is not owed"),
        ({"outcome": "upheld", "waived": ("principal", 125_001, 0)}, "so much is not owed"),
        ({"outcome": "upheld", "waived": ("principal", 5, 2)}, "not come yet"),
        ({"outcome": "upheld", "answer": "Pay now or we will take legal action"}, "threatens or shames"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_and_nothing_is_half_done(account, lead, fields, words):
    row = said(account)
    if "waived" in fields:
        part, minor, days = fields["waived"]
        fields = fields | {"waived": Waived(part, minor, today() + timedelta(days=days))}
    with pytest.raises(InvalidInput, match=words):
        decided(row, lead, **fields)
    row.refresh_from_db()
    account.refresh_from_db()
    assert (row.state, row.outcome, account.balance_minor) == ("opened", "", 125_000)
    assert not AccountFact.objects.exists()


def test_the_same_form_twice_corrects_once_and_two_people_do_not_decide_the_same(account, agent, lead):
    row = said(account)
    for _time in range(2):
        decided(row, agent, "partly", waived=off(), token="same")
    account.refresh_from_db()
    assert account.balance_minor == 120_000
    with pytest.raises(Conflict):
        decided(row, lead, "rejected", token="other")


def test_the_desk_shows_it_takes_it_and_decides_it(account, agent, lead):
    row = said(account)
    desk = signed_in(lead)
    assert row.number in desk.get(reverse("dispute_list")).content.decode()
    url = reverse("dispute_page", args=[row.pk])
    page = desk.get(url).content.decode()
    assert "I paid half in May" in page
    assert "Turning it down and closing" not in page
    assert "Turning it down and closing" in signed_in(agent).get(url).content.decode()
    desk.post(reverse("dispute_take", args=[row.pk]))
    assert row.number in desk.get(reverse("dispute_list") + "?show=mine&reason=wrong_amount").content.decode()
    assert row.number not in desk.get(reverse("dispute_list") + "?show=mine&reason=not_mine").content.decode()
    form = {"outcome": "partly", "answer": "You are right about the fee.", "why": "double fee", "token": "d"}
    answer = desk.post(url, form)
    assert answer.status_code == 422
    assert "which part is taken off" in answer.content.decode()
    answer = desk.post(url, form | {"component": "principal", "amount": "50.00", "token": "e"})
    assert answer.status_code == 302
    account.refresh_from_db()
    row.refresh_from_db()
    assert (row.outcome, account.balance_minor) == ("partly", 120_000)
    assert "The answer is under way" in desk.get(url).content.decode()
    assert row.number in desk.get(reverse("dispute_list") + "?show=answer").content.decode()


def test_staff_of_the_creditor_do_not_open_disputes(account):
    bank = factories.user(role="creditor", creditor=account.creditor)
    row = said(account)
    for url in (reverse("dispute_list"), reverse("dispute_page", args=[row.pk])):
        assert signed_in(bank).get(url).status_code == 403


def test_the_answer_is_a_letter_under_documents_with_what_the_debt_is_made_of(known, lead):
    row = decided(said(known.account), lead, "partly", answer="The fee was wrong.", waived=off())
    url = known.url("debtor_dispute_letter", row.pk)
    assert url in known.read("debtor_documents")
    mine = known.open("debtor_dispute_letter", row.pk)
    desk = signed_in(lead).get(reverse("dispute_letter", args=[row.pk]))
    assert mine.content.startswith(b"%PDF")
    for answer in (mine, desk):
        text = read(answer.content)
        for each in (row.number, "The fee was wrong.", "1,250.00", "1,200.00", "50.00"):
            assert each in text, each


def test_the_letter_of_somebody_else_or_of_nothing_decided_is_not_there(known, lead):
    theirs = decided(said(factories.account(person=factories.debtor())), lead, "rejected")
    mine = said(known.account)
    for row in (theirs, mine):
        assert known.open("debtor_dispute_letter", row.pk).status_code == 404
