"""Wang Fang's 1,250.00 are given up, in whole or in part; what she pays afterwards is a recovery."""

from __future__ import annotations

import pytest

from common.clock import now
from common.errors import Conflict, Forbidden, InvalidInput
from common.money import Money
from payments.moves.asking import ask_move, ask_undo, decide_move
from payments.moves.limits import set_rule
from payments.services.direct import record_direct_payment
from tests import factories
from tests.moves.helpers import WHY, bank_takes_back, books_are_right, kinds, line, move, pays, undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(db):
    return factories.user(role="compliance", name="Cora Compliance")


def test_an_agents_write_off_waits_for_a_second_person(account, agent, lead):
    asked = ask_move(account, "write_off", reason=WHY, by=agent)
    account.refresh_from_db()
    assert (asked.state, account.status, account.balance_minor) == ("asked", "open", 125_000)
    with pytest.raises(Forbidden):
        decide_move(asked, by=agent, agree=True)
    decide_move(asked, by=lead, agree=True)
    account.refresh_from_db()
    assert (account.status, account.balance_minor) == ("written_off", 0)
    assert line(account, "write_off") == 125_000 and books_are_right()
    assert kinds(account)[-1] == "account.written_off"


def test_a_lead_decides_alone_up_to_the_limit_and_not_a_cent_more(account, lead, admin):
    set_rule(account.creditor, by=admin, alone_units=50)
    assert move(account, "write_off", by=lead, amount=Money(5_000, "CNY")).state == "done"
    assert move(account, "write_off", by=lead, amount=Money(5_001, "CNY")).state == "asked"
    assert account.balance_minor == 120_000


def test_two_agents_do_not_agree_with_each_other(account, agent):
    other = factories.user(role="agent")
    with pytest.raises(Forbidden):
        move(account, "write_off", by=agent, second=other)


def test_a_part_leaves_the_account_open_and_the_rest_owed(account, agent, lead):
    move(account, "write_off", by=agent, second=lead, amount=Money(25_000, "CNY"))
    assert (account.status, account.balance_minor) == ("open", 100_000)
    pays(account, 100_000)
    assert account.status == "paid" and line(account, "write_off") == 25_000 and books_are_right()


def test_more_than_is_owed_cannot_be_given_up(account, lead):
    with pytest.raises(InvalidInput):
        ask_move(account, "write_off", reason=WHY, by=lead, amount=Money(125_001, "CNY"))
    with pytest.raises(InvalidInput):
        ask_move(account, "write_off", reason=WHY, by=lead, amount=Money(0, "CNY"))
    with pytest.raises(InvalidInput):
        ask_move(account, "write_off", reason="", by=lead)


def test_one_question_at_a_time(account, agent):
    ask_move(account, "write_off", reason=WHY, by=agent)
    with pytest.raises(Conflict, match="second person"):
        ask_move(account, "recall", reason=WHY, by=agent)


def test_the_same_form_twice_is_one_move(account, agent, lead):
    rows = {ask_move(account, "write_off", reason=WHY, by=agent, request_key="form-1").pk for _twice in range(2)}
    assert len(rows) == 1


def test_what_was_agreed_to_is_not_exceeded(account, agent, lead):
    asked = ask_move(account, "write_off", reason=WHY, by=agent, amount=Money(100_000, "CNY"))
    pays(account, 50_000)
    with pytest.raises(Conflict, match="Less is owed"):
        decide_move(asked, by=lead, agree=True)


def test_turned_down_nothing_has_changed(account, agent, lead):
    asked = ask_move(account, "write_off", reason=WHY, by=agent)
    decide_move(asked, by=lead, agree=False, note="Call once more.")
    account.refresh_from_db()
    assert (account.status, account.balance_minor) == ("open", 125_000)
    assert kinds(account)[-1] == "account.move_refused"


def test_money_after_it_is_a_recovery_and_goes_to_the_creditor(account, agent, lead):
    move(account, "write_off", by=agent, second=lead)
    pays(account, 30_000)
    assert (account.status, account.balance_minor) == ("written_off", 0)
    assert line(account, "write_off") == 95_000
    assert line(account, "payable") == -30_000 and line(account, "suspense") == 0
    assert "account.recovered" in kinds(account) and books_are_right()


def test_all_of_it_paid_after_all_the_account_is_paid(account, agent, lead):
    move(account, "write_off", by=agent, second=lead)
    pays(account, 30_000)
    pays(account, 100_000)
    assert account.status == "paid"
    assert line(account, "write_off") == 0 and line(account, "suspense") == -5_000 and books_are_right()


def test_the_creditor_reports_a_recovery_of_its_own(account, agent, lead):
    move(account, "write_off", by=agent, second=lead)
    record_direct_payment(account, Money(20_000, "CNY"), received_at=now(), external_reference="D1")
    account.refresh_from_db()
    assert line(account, "write_off") == 105_000 and account.status == "written_off" and books_are_right()


def test_a_recovery_that_goes_back_is_given_up_again(account, agent, lead):
    move(account, "write_off", by=agent, second=lead)
    payment = pays(account, 125_000)
    assert account.status == "paid"
    bank_takes_back(payment, by=lead)
    account.refresh_from_db()
    assert (account.status, account.balance_minor) == ("written_off", 0)
    assert line(account, "write_off") == 125_000 and books_are_right()


def test_a_payment_from_before_that_goes_back_is_not_asked_for_either(account, agent, lead):
    payment = pays(account, 25_000)
    row = move(account, "write_off", by=agent, second=lead)
    bank_takes_back(payment, by=lead)
    account.refresh_from_db()
    assert (account.status, account.balance_minor) == ("written_off", 0)
    assert line(account, "write_off") == 125_000
    undo(account, row, by=agent, second=lead)
    assert (account.status, account.balance_minor) == ("open", 125_000) and books_are_right()


def test_taken_back_it_is_owed_again_less_what_was_paid(account, agent, lead):
    row = move(account, "write_off", by=agent, second=lead)
    pays(account, 30_000)
    undo(account, row, by=agent, second=lead)
    assert (account.status, account.balance_minor) == ("open", 95_000)
    assert line(account, "write_off") == 0 and books_are_right()
    assert kinds(account)[-1] == "account.write_off_undone"


def test_taken_back_twice_is_taken_back_once(account, agent, lead):
    row = move(account, "write_off", by=agent, second=lead)
    undo(account, row, by=agent, second=lead)
    with pytest.raises(Conflict):
        ask_undo(row, reason="Again.", by=lead)
    assert account.balance_minor == 125_000


def test_the_newest_is_taken_back_first(account, agent, lead):
    part = move(account, "write_off", by=agent, second=lead, amount=Money(25_000, "CNY"))
    rest = move(account, "write_off", by=agent, second=lead)
    with pytest.raises(Conflict, match="first"):
        ask_undo(part, reason="Mistake.", by=lead)
    pays(account, 50_000)
    undo(account, rest, by=agent, second=lead)
    assert account.balance_minor == 50_000
    undo(account, part, by=agent, second=lead)
    assert account.balance_minor == 75_000 and account.status == "open" and books_are_right()
