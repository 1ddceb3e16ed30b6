"""What is confirmed today and counted from earlier: interest, fees and commission are as if it had been known then."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.clock import now, today
from common.money import Money
from payments.accrual.catching_up import replay_due
from payments.accrual.posting import accrue_day
from payments.models import FeeRule, InterestTerms
from payments.refunds import approve_refund, request_refund
from payments.remittance.candidates import candidates_before
from tests import factories
from tests.transfers.cast import books_are_right, confirmed, done, recorded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wang(db):
    """3,650.00 CNY, due forty days ago at ten per cent: one yuan of interest a night, worked out to today."""
    InterestTerms.objects.create(effective_from=date(2020, 1, 1), yearly_basis_points=1000, runs_from="due_date")
    row = factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)
    accrue_day()
    return row


@pytest.fixture
def people(agent, lead):
    return agent, lead


def owed(account) -> tuple[int, int, int]:
    account.refresh_from_db()
    return account.principal_minor, account.interest_minor, account.fees_minor


def ago(days: int) -> date:
    return today() - timedelta(days=days)


def test_a_transfer_counts_from_its_value_date_and_not_from_the_day_it_was_confirmed(wang, people):
    confirmed(recorded(183_500, people[0], account=wang, day=ago(30)), people[1])
    assert (replay_due(), replay_due()) == (1, 0)
    # Ten nights at 1.00, paid with the transfer; then thirty nights at half.
    assert owed(wang) == (182_500, 1_500, 0) and books_are_right()


def test_it_counts_from_its_value_date_where_the_debtor_lives(people):
    InterestTerms.objects.create(effective_from=date(2020, 1, 1), yearly_basis_points=1000, runs_from="due_date")
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        account = factories.account(person=factories.debtor(time_zone=zone), balance_minor=365_000)
        row = confirmed(recorded(100, people[0], account=account, day=ago(30)), people[1])
        assert today() - timedelta(days=30) == row.payment.entry.effective_at.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(("action", "fee"), [("recall", 700), ("unplace", 0)])
def test_a_transfer_that_is_undone_counts_as_never_made_and_a_fee_comes_only_where_the_bank_took_it(
    wang, people, action, fee
):
    FeeRule.objects.create(
        effective_from=date(2020, 1, 1), currency="CNY", trigger="taken_back", component="fees", flat_minor=700
    )
    row = confirmed(recorded(183_500, people[0], account=wang, day=ago(30)), people[1])
    replay_due()
    done(row, action, people)
    replay_due()
    assert owed(wang) == (365_000, 4_000, fee) and books_are_right()


def test_a_refund_of_a_transfer_follows_that_transfer_however_it_is_told_again(wang, people):
    payment = confirmed(recorded(183_500, people[0], account=wang, day=ago(30)), people[1]).payment
    replay_due()
    asked = request_refund(
        payment, amount=Money(183_500, "CNY"), purpose="owed_again", way="transfer", reason="by mistake", by=people[0]
    )
    approve_refund(asked, by=people[1])
    found = candidates_before(wang.creditor_id, "CNY", now() + timedelta(days=1))
    assert {row.origin_id for row in found} == {payment.entry_id}, "its commission goes back at its own terms"
    confirmed(recorded(100, people[0], account=wang, day=ago(39)), people[1])
    replay_due()
    # It then paid nine nights and not ten, so that is what went back; thirty nights were at a little less than half.
    assert owed(wang) == (365_000, 900 + 1_499, 0) and books_are_right()
