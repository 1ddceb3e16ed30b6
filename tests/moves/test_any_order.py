"""In any order of moves and money the books balance; taken back in full, only the money has lowered the debt."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import PlatformError
from common.money import Money
from payments.models import AccountMove
from payments.services.recovering import left_of, standing_moves
from payments.services.shares import surplus_of
from reminders.models import Message
from tests import factories
from tests.moves.helpers import bank_takes_back, books_are_right, move, pays, undo
from tests.reminders.conftest import queue_reminder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
OWED = 10_000
KINDS = ["write_off", "recall", "agency", "uncollectable", "not_theirs", "paid"]
STEPS = st.one_of(
    st.tuples(st.sampled_from(KINDS), st.just(0)),
    st.tuples(st.just("part"), st.integers(1, OWED)),
    st.tuples(st.just("pays"), st.integers(1, OWED + 2_000)),
    st.tuples(st.just("bank"), st.integers(0, 5)),
    st.tuples(st.just("undo"), st.just(0)),
)


class Story:
    """The debt told by hand: what was placed less the money that stayed; nothing else lowers it for good."""

    def __init__(self, agent, lead) -> None:
        self.account = factories.account(balance_minor=OWED)
        self.people = {"by": agent, "second": lead}
        self.payments: list = []
        self.kept = 0

    def take(self, what: str, number: int) -> None:
        if self.account.status == "open" and self.account.balance_minor > 0:
            Message.objects.filter(account=self.account).delete()
            queue_reminder(self.account)
        with contextlib.suppress(PlatformError):
            self._step(what, number)
        self.account.refresh_from_db()

    def _step(self, what: str, number: int) -> None:
        if what == "pays":
            self.payments.append(pays(self.account, number))
            self.kept += number
        elif what == "bank" and number < len(self.payments):
            payment = self.payments.pop(number)
            bank_takes_back(payment, by=self.people["second"])
            self.kept -= payment.amount_minor
        elif what == "undo":
            newest = standing_moves(self.account)
            if newest:
                undo(self.account, newest[0], **self.people)
        elif what == "part":
            move(self.account, "write_off", amount=Money(number, "CNY"), **self.people)
        elif what in ("write_off", "recall", "agency"):
            move(self.account, what, **self.people)
        elif what in KINDS:
            move(self.account, "close", why=what, **self.people)

    def holds(self) -> None:
        account = self.account
        assert books_are_right()
        standing = standing_moves(account)
        out = sum(sum(left.values()) for left in left_of(standing).values()) if standing else 0
        assert account.balance_minor >= 0 and out >= 0
        assert account.balance_minor + out - surplus_of(account).minor == OWED - self.kept
        if account.status not in ("open", "paid"):
            assert not Message.objects.filter(account=account, state="due", step__isnull=False).exists()
        if account.status in ("written_off", "recalled"):
            assert account.balance_minor == 0
        assert not AccountMove.objects.filter(account=account, state="asked").exists()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=8))
def test_any_order_of_moves_and_money(agent, lead, steps):
    story = Story(agent, lead)
    for what, number in steps:
        story.take(what, number)
        story.holds()
    for _each in range(len(steps)):
        story.take("undo", 0)
        story.holds()
    assert not standing_moves(story.account)
    owed = OWED - story.kept
    assert story.account.balance_minor - surplus_of(story.account).minor == owed
    assert story.account.status == ("open" if story.account.balance_minor > 0 else "paid")
