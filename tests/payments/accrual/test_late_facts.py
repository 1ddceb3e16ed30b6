"""What becomes known late is told again within seconds, once, whichever way it came and however many workers look."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from accounts.models import Account, Event, Hold
from accounts.timeline import timeline_of
from common.clock import now, today
from common.money import Money
from payments.accrual import catching_up
from payments.accrual.catching_up import replay_due
from payments.accrual.posting import accrue_day
from payments.ledger import Line, post_entry, reverse_entry
from payments.models import InterestTerms, JournalEntry, ReplayDue
from payments.panels import plan_panel
from payments.plans import create_plan
from payments.services.direct import record_direct_payment
from tests import factories
from tests.payments.helpers import books_are_right
from tests.payments.test_concurrency import at_once

pytestmark = pytest.mark.django_db
numbers = count(1)


def ago(days: int):
    return now() - timedelta(days=days)


@pytest.fixture
def wang(db):
    """3,650.00 CNY, due forty days ago at ten per cent: one yuan of interest a night, worked out to today."""
    InterestTerms.objects.create(effective_from=date(2020, 1, 1), yearly_basis_points=1000, runs_from="due_date")
    row = factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)
    accrue_day()
    return row


def pay(account, minor: int, days: int = 0):
    reference = f"bank-{next(numbers)}"
    return record_direct_payment(
        account, Money(minor, account.currency), received_at=ago(days), external_reference=reference
    )


def owed(account) -> tuple[int, int]:
    account.refresh_from_db()
    return account.principal_minor, account.interest_minor


@pytest.mark.django_db(transaction=True)
def test_a_payment_of_last_month_is_told_again_at_the_next_tick_and_not_twice(wang):
    pay(wang, 183_500, days=30)
    assert owed(wang) == (185_500, 0)
    assert (replay_due(), replay_due()) == (1, 0)
    # Ten nights at 1.00, paid with the payment; then thirty nights at half.
    assert owed(wang) == (182_500, 1_500)
    assert Event.objects.filter(account=wang, kind="balance.recalculated").count() == 1
    assert books_are_right()


@pytest.mark.django_db(transaction=True)
def test_the_timeline_says_what_changed_the_balance_in_words_and_by_how_much(wang):
    pay(wang, 183_500, days=30)
    replay_due()
    [told] = [item for item in timeline_of(wang).items if item.title == "Balance worked out again"]
    assert "Payment: became known late" in told.body and "15.00" in told.body
    for raw in ("paid new", "ENT-", "entry:"):
        assert raw not in told.body


@pytest.mark.django_db(transaction=True)
def test_a_payment_of_today_makes_nothing_due(wang):
    pay(wang, 1_000)
    assert not ReplayDue.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_payment_taken_back_counts_as_never_made_within_seconds(wang):
    payment = pay(wang, 183_500, days=30)
    replay_due()
    reverse_entry(payment.entry, effective_at=now())
    replay_due()
    assert owed(wang) == (365_000, 4_000)
    assert books_are_right()


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_began_earlier_and_one_lifted_too_late_are_both_told_again(wang):
    hold = Hold.objects.create(
        debtor=wang.debtor, kind="hardship", blocks=["interest"], reason="ill", starts_at=ago(20)
    )
    replay_due()
    assert owed(wang)[1] == 2_000
    Hold.objects.filter(pk=hold.pk).update(ends_at=ago(10))
    replay_due()
    assert owed(wang)[1] == 3_000
    hold.delete()
    replay_due()
    assert owed(wang)[1] == 4_000
    assert books_are_right()


def test_a_hold_that_does_not_stop_interest_makes_nothing_due(wang):
    Hold.objects.create(debtor=wang.debtor, kind="cease", blocks=["contact"], reason="asked")
    assert not ReplayDue.objects.exists()


def test_a_person_who_turns_out_to_live_elsewhere_falls_under_other_terms(wang):
    InterestTerms.objects.create(
        effective_from=date(2020, 1, 1), yearly_basis_points=500, runs_from="due_date", country="DE"
    )
    type(wang.debtor).objects.filter(pk=wang.debtor_id).update(country="DE")
    assert replay_due() == 1
    assert owed(wang)[1] == 2_000


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_tell_each_account_once(wang):
    others = [factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000) for _ in range(6)]
    accrue_day()
    for account in (wang, *others):
        pay(account, 100_000, days=20)
    moved = at_once(*[lambda: replay_due(batch=2) for _ in range(4)])
    while ReplayDue.objects.exists():
        moved.append(replay_due())
    assert sum(moved) == 7
    assert JournalEntry.objects.filter(kind="replay").count() == 7
    assert books_are_right()


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_lands_while_the_account_is_told_is_not_lost(wang):
    def late():
        for _ in range(5):
            pay(wang, 1_000, days=20)

    at_once(late, replay_due, replay_due, replay_due)
    replay_due()
    assert not ReplayDue.objects.exists()
    told = owed(wang)
    ReplayDue.objects.create(account=wang, because="test")
    assert replay_due() == 0
    assert owed(wang) == told
    assert books_are_right()


def test_an_account_that_cannot_be_told_does_not_keep_the_others_waiting(wang, monkeypatch):
    other = factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)
    ReplayDue.objects.create(account=wang, because="test")
    ReplayDue.objects.create(account=other, because="test")
    compare = catching_up.compare

    def stumble(story, state):
        if state and state.account_id == wang.pk:
            raise ValueError("nobody can read this")
        return compare(story, state)

    monkeypatch.setattr(catching_up, "compare", stumble)
    replay_due()
    assert owed(other)[1] > 0
    left = ReplayDue.objects.get()
    assert (left.account_id, left.tries) == (wang.pk, 1)


def test_a_rule_approved_while_a_run_is_at_work_is_told_with_its_accounts(wang, monkeypatch):
    other = factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)
    accrue_day()
    for account in (wang, other):
        ReplayDue.objects.create(account=account, because="test")
    settle_down, reached = catching_up.compare, []

    def approve_meanwhile(story, state):
        if not reached:
            reached.append(story)
            InterestTerms.objects.create(
                effective_from=date(2020, 1, 1), yearly_basis_points=500, runs_from="due_date", product=other.product,
                creditor=other.creditor,
            )  # fmt: skip
        return settle_down(story, state)

    monkeypatch.setattr(catching_up, "compare", approve_meanwhile)
    replay_due(batch=1)
    assert (owed(wang)[1], owed(other)[1]) == (4_000, 2_000)


def test_a_run_ends_after_a_while_and_leaves_the_rest_to_the_next(wang, monkeypatch):
    other = factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)
    for account in (wang, other):
        ReplayDue.objects.create(account=account, because="test")
    monkeypatch.setattr(catching_up, "LONGEST_RUN_SECONDS", 0)
    replay_due(batch=1)
    assert ReplayDue.objects.count() == 2
    monkeypatch.setattr(catching_up, "LONGEST_RUN_SECONDS", 20)
    replay_due(batch=1)
    assert not ReplayDue.objects.exists()


def test_a_run_told_to_stop_stops_and_blames_no_account(wang, monkeypatch):
    ReplayDue.objects.create(account=wang, because="test")

    def out_of_time(story, state):
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(catching_up, "compare", out_of_time)
    with pytest.raises(SoftTimeLimitExceeded):
        replay_due()
    assert ReplayDue.objects.get().tries == 0


def test_a_creditors_late_correction_in_a_transaction_that_fails_makes_nothing_due(wang):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post_entry(
            "balance_adjustment",
            idempotency_key="c",
            creditor_id=wang.creditor_id,
            currency="CNY",
            effective_at=ago(20),
            lines=[Line("receivable", -100, account=wang, component="principal"), Line("placed", 100)],
        )
        raise ZeroDivisionError
    assert not ReplayDue.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_no_longer_owed_of_a_plan_is_never_debited_and_the_page_says_so(wang):
    pay(wang, 364_000)
    wang.refresh_from_db()
    create_plan(wang, parts=[(today() + timedelta(days=7), 3_000), (today() + timedelta(days=37), 2_000)])
    Hold.objects.create(debtor=wang.debtor, kind="breathing_space", blocks=["interest"], reason="r", starts_at=ago(40))
    replay_due()
    account = Account.objects.get(pk=wang.pk)
    assert account.balance_minor == 1_000
    assert plan_panel(None, account)["not_owed"] == Money(4_000, "CNY")
    assert books_are_right()
