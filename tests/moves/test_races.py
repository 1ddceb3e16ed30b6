"""Two at the same moment, each with a connection of their own."""

from __future__ import annotations

import pytest

from accounts.models import Event
from common.errors import Conflict
from payments.models import AccountMove, JournalEntry
from payments.moves.asking import ask_move, ask_undo, decide_move
from tests import factories
from tests.moves.helpers import WHY, books_are_right, line, move, pays
from tests.payments.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_agree_at_once_do_it_once(account, agent, lead):
    other = factories.user(role="compliance")
    asked = ask_move(account, "write_off", reason=WHY, by=agent)
    results = at_once(*(lambda by=by: decide_move(asked, by=by, agree=True) for by in (lead, other)))
    assert sum(isinstance(one, AccountMove) for one in results) == 1
    assert sum(isinstance(one, Conflict) for one in results) == 1
    assert JournalEntry.objects.filter(kind="write_off").count() == 1 and books_are_right()


def test_two_recalls_of_the_creditor_are_one(account):
    results = at_once(*[lambda: ask_move(account, "recall", reason=WHY, by=None, source="api", request_key="r")] * 2)
    assert results[0] == results[1] and Event.objects.filter(kind="account.recalled").count() == 1


def test_money_and_the_end_at_once_lose_nothing(account):
    at_once(lambda: pays(account, 25_000), lambda: ask_move(account, "recall", reason=WHY, by=None, source="api"))
    account.refresh_from_db()
    assert (account.status, account.balance_minor) == ("recalled", 0)
    assert line(account, "payable") == -25_000 and line(account, "suspense") == 0 and books_are_right()


def test_taken_back_by_two_at_once_it_is_owed_once(account, agent, lead, admin):
    row = move(account, "write_off", by=agent, second=lead)
    at_once(*(lambda by=by: ask_undo(row, reason="Too early.", by=by) for by in (lead, admin)))
    waiting = AccountMove.objects.get(kind="undo")
    decide_move(waiting, by=admin if waiting.asked_by == lead else lead, agree=True)
    account.refresh_from_db()
    assert account.balance_minor == 125_000 and books_are_right()
