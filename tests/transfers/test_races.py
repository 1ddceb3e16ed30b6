"""Two people at the same moment, each with a connection of their own."""

from __future__ import annotations

import pytest

from common.clock import today
from common.errors import Conflict, InvalidInput
from common.money import Money
from payments.models import BankTransfer, JournalEntry, Payment
from payments.transfers import ask_step, decide_step, note_kept, note_sent, record_received
from tests import factories
from tests.payments.test_concurrency import at_once
from tests.transfers.cast import books_are_right, confirmed, done, lies, owed_on, question, recorded

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(results, kind) -> tuple[int, int]:
    """(how many did it, how many were told that somebody was faster)."""
    told = [one for one in results if isinstance(one, kind)]
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, kind)], results
    return len(results) - len(told), len(told)


@pytest.mark.parametrize("placed", [True, False], ids=["an account's", "nobody's"])
def test_of_two_who_confirm_at_once_one_posts(placed, account, agent, lead, admin):
    step = question(recorded(25_000, agent, account=account if placed else None))
    results = at_once(*(lambda by=by: decide_step(step, by=by, agree=True) for by in (lead, admin, lead, admin)))
    assert outcomes(results, Conflict) == (1, 3)
    assert Payment.objects.count() == int(placed) and lies("trust") == 25_000
    assert owed_on(account) == (100_000 if placed else 125_000) and books_are_right()


def test_of_two_who_write_the_same_transfer_down_at_once_one_has_it(account, agent, lead):
    results = at_once(*(lambda by=by: recorded(25_000, by, reference="HB-1") for by in (agent, lead)))
    assert outcomes(results, InvalidInput) == (1, 1) and BankTransfer.objects.count() == 1


def test_of_two_forms_that_are_the_same_one_counts(account, agent):
    def send():
        return record_received(Money(100, "CNY"), value_date=today(), bank_reference="HB-1", by=agent, token="t-1")

    results = at_once(send, send)
    assert sorted(one is None for one in results) == [False, True] and BankTransfer.objects.count() == 1


def test_it_is_confirmed_or_refused_but_not_both(account, agent, lead, admin):
    step = question(recorded(25_000, agent, account=account))
    results = at_once(
        lambda: decide_step(step, by=lead, agree=True),
        lambda: decide_step(step, by=admin, agree=False, note="not ours"),
    )
    assert outcomes(results, Conflict) == (1, 1)
    state = BankTransfer.objects.get().state
    assert (state, lies("trust")) in [("placed", 25_000), ("rejected", 0)]


def test_of_two_reversals_at_once_one_posts(account, agent, lead, admin):
    row = confirmed(recorded(25_000, agent, account=account), lead)
    step = ask_step(row, "recall", reason="the bank recalled it", by=agent)
    results = at_once(*(lambda by=by: decide_step(step, by=by, agree=True) for by in (lead, admin)))
    assert outcomes(results, Conflict) == (1, 1)
    assert JournalEntry.objects.filter(kind="payment_reversal").count() == 1
    assert (owed_on(account), lies("trust")) == (125_000, 0) and books_are_right()


def test_money_that_goes_back_is_sent_or_kept_but_not_both(agent, lead):
    row = done(confirmed(recorded(25_000, agent), lead), "return", (agent, lead))
    results = at_once(
        lambda: note_sent(row, bank_reference="OUT-1", by=agent), lambda: note_kept(row, reason="she called", by=lead)
    )
    assert outcomes(results, Conflict) == (1, 1)
    assert lies("refunds") == 0 and lies("trust") == -lies("suspense") and books_are_right()


def test_two_transfers_to_two_accounts_in_both_orders_do_not_wait_for_each_other(account, agent, lead, admin):
    other = factories.account()
    first, second = (confirmed(recorded(1_000, agent, account=one), lead) for one in (account, other))
    for row in (first, second):
        done(row, "unplace", (agent, lead))
    steps = [
        ask_step(row, "place", account=to, reason="the other one", by=agent)
        for row, to in ((first, other), (second, account))
    ]
    results = at_once(*(lambda step=step: decide_step(step, by=admin, agree=True) for step in steps))
    assert outcomes(results, Conflict) == (2, 0) and books_are_right()
