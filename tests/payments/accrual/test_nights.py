"""Night after night: quiet accounts are multiplied, the others told, and both come to the same; runs die and go on."""

from __future__ import annotations

import time
from datetime import date, timedelta
from itertools import count
from random import Random

import pytest
from django.db import transaction

from accounts.models import Account, Hold
from common.clock import now, today
from common.money import Money
from payments.accrual import posting
from payments.accrual.catching_up import replay_due
from payments.accrual.correcting import record_fact
from payments.accrual.posting import accrue_batch, accrue_day
from payments.accrual.replaying import reckon
from payments.accrual.rules import read_rules
from payments.models import AccrualState, FeeRule, InterestTerms, JournalEntry
from payments.services.direct import record_direct_payment
from tests import factories
from tests.faults.workers import Workers
from tests.payments.helpers import books_are_right

pytestmark = pytest.mark.django_db
LONG_AGO = date(2020, 1, 1)
numbers = count(1)


def interest(points: int = 1_000, **fields) -> InterestTerms:
    return InterestTerms.objects.create(
        **{"effective_from": LONG_AGO, "yearly_basis_points": points, "runs_from": "due_date"} | fields
    )


def debt(minor: int = 365_000, **fields) -> Account:
    return factories.account(
        person=factories.debtor(time_zone="UTC"), **{"balance_minor": minor, "days_overdue": 40} | fields
    )


def pay(account, minor: int, days: int = 0) -> None:
    record_direct_payment(
        account,
        Money(minor, account.currency),
        received_at=now() - timedelta(days=days),
        external_reference=f"bank-{next(numbers)}",
    )


def owed(account) -> tuple[int, int, int, int]:
    account.refresh_from_db()
    return account.principal_minor, account.interest_minor, account.fees_minor, account.costs_minor


def nights(first: int, last: int, monkeypatch) -> list[int]:
    """Run each night; how many accounts were told from the beginning in it."""
    told = []
    tell = posting.compare
    for number in range(first, last + 1):
        told.append(0)

        def counted(*args):
            told[-1] += 1
            return tell(*args)

        monkeypatch.setattr(posting, "compare", counted)
        accrue_day(today() + timedelta(days=number))
    return told


@pytest.mark.parametrize("day_count", ["actual_365", "actual_360", "thirty_360"])
def test_seventy_nights_of_a_quiet_account_are_multiplied_and_come_to_its_story(day_count, monkeypatch):
    interest(777, day_count=day_count)
    account = debt(123_457)
    told = nights(0, 70, monkeypatch)
    # The placement is of today, so it is told tonight and tomorrow; then once a month.
    assert sum(told) <= 2 + 4
    assert not reckon(account).difference
    assert not JournalEntry.objects.filter(kind="replay").exists()
    assert books_are_right()


def test_whoever_touches_an_account_has_it_told_again_that_night(monkeypatch):
    interest()
    account = debt()
    nights(0, 2, monkeypatch)
    Account.objects.filter(pk=account.pk).update(credit_limit_minor=5)
    assert sum(nights(3, 3, monkeypatch)) == 1


def test_a_new_rule_has_all_told_again(monkeypatch):
    interest()
    account = debt()
    nights(0, 2, monkeypatch)
    interest(2_000, product=account.product, effective_from=today() + timedelta(days=5))
    assert nights(3, 6, monkeypatch)[0] == 1
    assert owed(account)[1] == 40 * 100 + 5 * 100 + 200
    assert not JournalEntry.objects.filter(kind="replay").exists()


def test_a_fee_comes_on_its_day_in_a_row_of_quiet_nights(monkeypatch):
    interest()
    FeeRule.objects.create(
        effective_from=LONG_AGO, trigger="overdue", days=45, currency="CNY", component="fees", flat_minor=300
    )
    account = debt()
    nights(0, 4, monkeypatch)
    assert owed(account)[2] == 0
    nights(5, 5, monkeypatch)
    assert owed(account)[2] == 300


def test_a_pause_agreed_for_days_to_come_begins_and_ends_on_its_days(agent, monkeypatch):
    interest()
    account = debt()
    first = today() + timedelta(days=3)
    record_fact(account, "pause", on=first, until=first + timedelta(days=4), reason="holiday", by=agent)
    nights(0, 12, monkeypatch)
    assert owed(account)[1] == 4_000 + 100 * (12 - 5)
    assert not reckon(account).difference


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(5))
def test_whatever_order_facts_are_recorded_in_the_account_comes_to_the_same(seed, agent):
    """The same history twice: once as it happened, once mixed up and with nights in between."""
    chance = Random(seed)
    interest(950, day_count=chance.choice(["actual_365", "thirty_360"]), effective_until=today() - timedelta(days=25))
    interest(1_450, effective_from=today() - timedelta(days=25))
    facts = [("pay", chance.randrange(1, 40), chance.randrange(100, 60_000)) for _ in range(4)]
    facts += [("pause", chance.randrange(11, 40), chance.randrange(2, 10)) for _ in range(2)]
    facts += [("fee", chance.randrange(1, 40), chance.randrange(1, 9_000)) for _ in range(2)]
    mixed = chance.sample(facts, len(facts))
    ends = []
    for order, restless in ((sorted(facts, key=lambda fact: -fact[1]), False), (mixed, True)):
        account = debt(days_overdue=60)
        for kind, days, number in order:
            if restless:
                accrue_day()
            on = (now() - timedelta(days=days)).date()
            if kind == "pay":
                pay(account, number, days)
            elif kind == "pause":
                record_fact(account, "pause", on=on, until=on + timedelta(days=number), reason="x", by=agent)
            else:
                record_fact(account, "fee", on=on, component="fees", amount_minor=number, reason="x", by=agent)
        accrue_day()
        replay_due()
        assert not reckon(account).difference
        ends.append(owed(account))
    assert ends[0] == ends[1]
    assert books_are_right()


def test_a_hold_placed_between_two_nights_is_seen_before_the_second(monkeypatch):
    interest()
    account = debt()
    nights(0, 2, monkeypatch)
    Hold.objects.create(debtor=account.debtor, kind="hardship", blocks=["interest"], reason="ill")
    accrue_day(today() + timedelta(days=3))
    assert owed(account)[1] == 4_000


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_a_run_killed_in_the_middle_of_a_chunk_is_finished_by_the_next_one(tmp_path):
    interest()
    accounts = [debt() for _ in range(6)]
    reached = tmp_path / "reached"

    def two_chunks_and_a_half() -> None:
        last, rules = 0, read_rules()
        for _ in range(2):
            last, _posted = accrue_batch(today(), rules, after=last, size=2)
        with transaction.atomic():
            accrue_batch(today(), rules, after=last, size=2)
            reached.touch()
            time.sleep(600)

    workers = Workers(tmp_path)
    child = workers.fork(two_chunks_and_a_half)
    workers._wait_for(reached, lambda: True)
    workers.kill_fork(child)
    assert AccrualState.objects.count() == 4
    accrue_day()
    assert {owed(account) for account in accounts} == {(365_000, 4_000, 0, 0)}
    assert JournalEntry.objects.filter(kind="interest").count() == 6
    assert accrue_day() == 0
    assert books_are_right()
