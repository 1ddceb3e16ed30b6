"""Wang Fang's account over months: nightly accrual, late facts, and a ledger that agrees at every step."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from accounts.models import Event, Hold
from common.clock import now, today
from common.errors import Conflict, Forbidden
from common.money import Money
from payments.accrual.allocation import by_component, texts_of
from payments.accrual.correcting import decide_fact, record_fact
from payments.accrual.posting import accrue_day
from payments.accrual.replaying import reckon, replay_account
from payments.documents.lines import statement_lines
from payments.ledger import Line, post_entry
from payments.models import AccountFact, AllocationOrder, FeeRule, InterestTerms, JournalEntry, Posting
from payments.services import settling
from payments.services.direct import record_direct_payment
from tests import factories
from tests.payments.helpers import balance, books_are_right

pytestmark = pytest.mark.django_db
LONG_AGO = date(2020, 1, 1)
numbers = count(1)


def ago(days: int) -> datetime:
    return now() - timedelta(days=days)


@pytest.fixture
def terms(db):
    """Ten per cent a year from the due date, actual/365."""
    return InterestTerms.objects.create(effective_from=LONG_AGO, yearly_basis_points=1000, runs_from="due_date")


@pytest.fixture
def wang(terms):
    """3,650.00 CNY, due forty days ago: one yuan of interest a night."""
    return factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)


def pay(account, minor: int, days: int = 0):
    return record_direct_payment(
        account,
        Money(minor, account.currency),
        received_at=ago(days),
        external_reference=f"bank-{next(numbers)}",
    )


def owed(account) -> tuple[int, int, int, int]:
    account.refresh_from_db()
    return account.principal_minor, account.interest_minor, account.fees_minor, account.costs_minor


def statement_agrees(account) -> bool:
    lines = statement_lines(account)
    return sum(line.amount.minor for line in lines) == balance(account) == lines[-1].balance.minor


def test_interest_runs_for_every_night_since_the_due_date_and_a_repeat_posts_nothing(wang):
    assert accrue_day() == 1
    assert owed(wang) == (365_000, 4_000, 0, 0)
    assert (accrue_day(), JournalEntry.objects.filter(kind="interest").count()) == (0, 1)
    assert accrue_day(today() + timedelta(days=3)) == 1
    assert owed(wang) == (365_000, 4_300, 0, 0)
    assert books_are_right()
    assert statement_agrees(wang)


def test_night_by_night_comes_to_the_same_as_all_at_once(terms):
    small = factories.account(balance_minor=7_777, days_overdue=0)
    for number in range(1, 80):
        accrue_day(today() + timedelta(days=number))
    assert owed(small)[1] == 7_777 * 79 // 3650
    assert books_are_right()


def test_batches_of_one_reach_every_account_once(wang):
    others = [factories.account(balance_minor=36_500, days_overdue=10) for _number in range(3)]
    assert accrue_day(batch=1) == 4
    assert [owed(row)[1] for row in others] == [100, 100, 100]
    assert accrue_day(batch=2) == 0
    assert books_are_right()


def test_the_narrowest_terms_win_and_others_pay_nothing(account):
    rules = [{"yearly_basis_points": 100}, {"creditor": account.creditor, "yearly_basis_points": 3650}]
    for rule in rules:
        InterestTerms.objects.create(effective_from=LONG_AGO, runs_from="due_date", **rule)
    elsewhere = factories.account(balance_minor=365_000, days_overdue=10, product="loan")
    accrue_day()
    assert owed(account)[1] == 125_000 * 40 // 1000
    assert owed(elsewhere)[1] == 100


def test_nothing_runs_while_a_hold_stops_interest(wang):
    Hold.objects.create(
        debtor=wang.debtor,
        kind="breathing_space",
        blocks=["interest"],
        reason="registered",
        starts_at=ago(30),
        ends_at=ago(10),
    )
    accrue_day()
    assert owed(wang)[1] == 2_000


def test_a_payment_that_became_known_late_is_replayed_at_night_with_its_reason(wang):
    accrue_day()
    assert owed(wang)[1] == 4_000
    pay(wang, 183_500, days=30)
    assert owed(wang) == (185_500, 0, 0, 0)
    assert accrue_day(today() + timedelta(days=1)) == 1
    # Ten nights at 1.00, paid with the payment; then 31 nights at half: 182,500 of principal are left.
    assert owed(wang) == (182_500, 1_550, 0, 0)
    entry = JournalEntry.objects.get(kind="replay")
    assert [why["how"] for why in entry.data["why"]] == ["new"]
    assert books_are_right()
    assert statement_agrees(wang)
    assert replay_account(wang, through=today() + timedelta(days=1)).entry is None


def test_a_late_payment_that_paid_too_much_leaves_a_surplus_to_the_debtor(wang, agent, lead):
    accrue_day()
    payment = pay(wang, 369_000)
    assert balance(wang) == 0
    fact, _none = record_fact(
        wang, "payment_date", on=ago(35).date(), reason="the bank says so", by=agent, entry=payment.entry
    )
    decided = fact if fact.state == "done" else decide_fact(fact, by=lead, agree=True)
    assert decided.state == "done"
    wang.refresh_from_db()
    assert (owed(wang), wang.status) == ((0, 0, 0, 0), "paid")
    waiting = Posting.objects.filter(account=wang, ledger_account__kind="suspense")
    assert -sum(row.amount_minor for row in waiting) == 3_500
    assert books_are_right()


def test_a_pause_recorded_later_takes_its_interest_away_and_says_why(wang, agent):
    accrue_day()
    _fact, reckoning = record_fact(
        wang, "pause", on=ago(20).date(), until=ago(11).date(), reason="in hospital", by=agent
    )
    assert owed(wang)[1] == 3_000
    assert reckoning.entry.data["why"][0]["kind"] == "stop"
    assert (reckoning.entry.data["before"]["interest"], reckoning.entry.data["after"]["interest"]) == (4_000, 3_000)
    assert Event.objects.filter(account=wang, kind="balance.recalculated").count() == 1
    assert replay_account(wang).entry is None
    assert books_are_right()


def test_a_small_fee_counts_at_once_and_a_large_one_when_two_people_agree(wang, agent, lead):
    fee = {"on": today(), "component": "costs", "reason": "court fee", "by": agent}
    record_fact(wang, "fee", amount_minor=5_000, **fee)
    assert owed(wang)[3] == 5_000
    large, _none = record_fact(wang, "fee", amount_minor=20_000, **fee)
    assert (large.state, owed(wang)[3]) == ("requested", 5_000)
    with pytest.raises(Conflict):
        record_fact(wang, "fee", amount_minor=5_000, **fee)
    with pytest.raises(Forbidden):
        decide_fact(large, by=agent, agree=True)
    decide_fact(large, by=lead, agree=True)
    assert owed(wang)[3] == 25_000
    with pytest.raises(Conflict):
        decide_fact(large, by=lead, agree=True)
    assert books_are_right()


def test_a_waiver_takes_no_more_than_is_owed(wang, agent):
    accrue_day()
    record_fact(wang, "waiver", on=today(), component="interest", amount_minor=9_900, reason="goodwill", by=agent)
    assert owed(wang) == (365_000, 0, 0, 0)
    accrue_day(today() + timedelta(days=2))
    assert owed(wang)[1] == 200
    assert books_are_right()


def test_the_same_form_twice_records_one_fee(wang, agent):
    for _number in range(2):
        record_fact(
            wang, "fee", on=today(), component="fees", amount_minor=100, reason="letter", by=agent, token="t" * 20
        )
    assert (AccountFact.objects.count(), owed(wang)[2]) == (1, 100)


def test_fees_by_rule_come_once_and_not_during_a_hold(wang):
    FeeRule.objects.create(
        effective_from=LONG_AGO, trigger="overdue", days=45, currency="CNY", flat_minor=300, share_basis_points=10
    )
    accrue_day(today() + timedelta(days=4))
    assert owed(wang)[2] == 0
    for later in (5, 6):
        accrue_day(today() + timedelta(days=later))
    assert owed(wang)[2] == 300 + 365
    assert books_are_right()


def test_money_goes_to_principal_first_where_the_rule_says_so_and_replay_agrees(wang):
    AllocationOrder.objects.create(
        effective_from=LONG_AGO,
        creditor=wang.creditor,
        buckets=texts_of(by_component("costs", "principal", "fees", "interest")),
    )
    accrue_day()
    pay(wang, 65_000)
    assert owed(wang) == (300_000, 4_000, 0, 0)
    assert not reckon(wang).difference


def test_without_a_rule_money_is_allocated_as_ever(account):
    account.interest_minor, account.principal_minor, account.costs_minor = 300, 1_000, 20
    assert settling.allocate(account, 700) == ({"costs": 20, "interest": 300, "principal": 380}, 0)


def test_a_replay_of_an_account_nobody_made_rules_for_finds_nothing_to_change(account):
    pay(account, 20_000)
    pay(account, 5_000, days=3)
    assert replay_account(account).entry is None


def test_the_creditors_correction_is_part_of_the_story(wang):
    post_entry(
        "balance_adjustment",
        idempotency_key="correction",
        creditor_id=wang.creditor_id,
        currency="CNY",
        effective_at=ago(20),
        lines=[Line("receivable", -182_500, account=wang, component="principal"), Line("placed", 182_500)],
    )
    accrue_day()
    assert owed(wang) == (182_500, 3_000, 0, 0)
    assert books_are_right()


def test_a_closed_account_takes_no_correction_and_no_interest(wang, agent):
    wang.status = "recalled"
    wang.save()
    assert accrue_day() == 0
    with pytest.raises(Conflict):
        record_fact(wang, "fee", on=today(), component="fees", amount_minor=1, reason="x", by=agent)


def test_interest_stops_at_the_last_payment_day_of_the_debtors_own_zone(terms):
    person = factories.debtor(time_zone="Asia/Shanghai")
    row = factories.account(person=person, balance_minor=365_000, days_overdue=0)
    late = datetime.combine(today(), datetime.min.time(), UTC) + timedelta(hours=20)
    record_direct_payment(row, Money(100_000, "CNY"), received_at=late, external_reference="r")
    story = reckon(row, through=today() + timedelta(days=2)).story
    assert [fact.on for fact in story.facts if fact.kind == "paid"] == [today() + timedelta(days=1)]
