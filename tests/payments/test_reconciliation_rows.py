"""Reconciling generated books: every row ends matched or in an item, and the clearing is what the provider says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models.creditors import HOUSE
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from common.money import Money
from payments.ledger.checks import unbalanced_entries
from payments.models import (
    Attempt,
    Expectation,
    JournalEntry,
    Payment,
    Posting,
    ReconciliationItem,
    StatementLine,
    StatementRun,
)
from payments.reconciliation import (
    accept_fee,
    confirm_force,
    match_by_hand,
    propose_force,
    reverse_fees,
)
from payments.reconciliation.reading import store_statement
from payments.reconciliation.running import settle
from payments.services import apply_result
from payments.services.moving_back import post_out
from tests import factories
from wallets.models import Provider, ProviderFee
from wallets.providers import base

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=20)


def wallet_of() -> Provider:
    return Provider.objects.get_or_create(key="alipay", defaults={"name": "Alipay", "status": "vetted"})[0]


def paid(minor: int, reference: str, *, currency: str = "CNY", posted: bool = True) -> Attempt:
    account = factories.account(balance_minor=1_000_000, currency=currency, reachable=False)
    payment = Payment.objects.create(account=account, amount_minor=minor, currency=currency, source="link")
    attempt = Attempt.objects.create(
        payment=payment,
        provider=wallet_of(),
        merchant_reference=reference,
        state="pending",
        amount_minor=minor,
        currency=currency,
    )
    return record(attempt) if posted else attempt


def record(attempt: Attempt) -> Attempt:
    said = base.PaymentResult(
        state=base.PaymentState.SUCCEEDED, merchant_ref=attempt.merchant_reference, amount=attempt.amount
    )
    apply_result(attempt.pk, said, source="poll")
    attempt.refresh_from_db()
    return attempt


def line(reference: str, minor: int, *, currency: str = "CNY", fee: int = 0, ago=LONG_AGO, theirs: str = ""):
    return base.StatementLine(
        kind=base.EventKind.PAYMENT if minor >= 0 else base.EventKind.REFUND,
        merchant_ref=reference,
        provider_ref=theirs,
        amount=Money(minor, currency),
        fee=Money(fee, currency),
        booked_at=now() - ago,
    )


def read(lines, *, ago: int = 20) -> StatementRun:
    """The books of a day arrive; everything recorded so far is old enough to be missed."""
    provider = wallet_of()
    run, _new = StatementRun.objects.get_or_create(provider=provider, day=today() - timedelta(days=ago))
    StatementRun.objects.get_or_create(provider=provider, day=today() + timedelta(days=9), defaults={"state": "lost"})
    settle(run, provider, lines)
    run.refresh_from_db()
    return run


def clearing(currency: str = "CNY") -> int:
    rows = Posting.objects.filter(ledger_account__kind="clearing", currency=currency)
    return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def suspense(currency: str = "CNY") -> int:
    rows = Posting.objects.filter(ledger_account__kind="suspense", currency=currency)
    return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def stated(currency: str = "CNY") -> int:
    """What the provider's books say we have there: amounts less the fees that were posted."""
    rows = StatementLine.objects.filter(currency=currency).exclude(state="withdrawn")
    fees = rows.filter(fee_entry__isnull=False).aggregate(minor=Sum("fee_minor"))["minor"] or 0
    return (rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0) - fees


def differences(currency: str = "CNY") -> int:
    """What our books have and the statement does not: all else lies in suspense."""
    rows = ReconciliationItem.objects.filter(currency=currency, kind="missing").exclude(state="resolved")
    return sum(row.difference.minor for row in rows)


def kinds() -> list[tuple[str, str, int, int]]:
    rows = ReconciliationItem.objects.exclude(state="resolved").order_by("kind", "currency")
    return [(row.kind, row.currency, row.expected_minor, row.stated_minor) for row in rows]


def test_a_fee_given_back_counts_against_what_was_taken():
    attempt = paid(10_000, "A1")
    read([line("A1", 10_000, fee=60)])
    fees = Posting.objects.filter(ledger_account__kind="provider_fees")
    assert (clearing(), sum(fees.values_list("amount_minor", flat=True))) == (9_940, 60)
    read([line("A1", -10_000, fee=-60)], ago=19)
    assert attempt.state == "succeeded"
    assert sum(fees.values_list("amount_minor", flat=True)) == 0
    assert clearing() == stated() and not unbalanced_entries()


def test_a_fee_taken_and_given_back_on_one_day_needs_no_entry():
    paid(10_000, "A1")
    back = line("A1", -4_000, fee=-60)
    read([line("A1", 10_000, fee=60), back])
    assert not Posting.objects.filter(ledger_account__kind="provider_fees").exists()
    read([line("A1", 10_000, fee=60), back, line("A2", -1, fee=5)])
    assert not unbalanced_entries()


def test_what_agrees_is_matched_and_its_fee_is_posted_once():
    paid(10_000, "A1")
    lines = [line("A1", 10_000, fee=60)]
    run = read(lines)
    assert (kinds(), run.state, run.lines_read) == ([], "read", 1)
    assert StatementLine.objects.get().state == Expectation.objects.get().state == "matched"
    assert clearing() == stated() == 9_940
    entries = JournalEntry.objects.count()
    read(lines)
    assert (JournalEntry.objects.count(), StatementLine.objects.count(), Expectation.objects.count()) == (entries, 1, 1)


def test_posted_fees_can_be_reversed_and_do_not_come_back():
    paid(10_000, "A1")
    lines = [line("A1", 10_000, fee=60)]
    read(lines)
    reverse_fees(JournalEntry.objects.get(kind="provider_fees"), reason="wrong month")
    read(lines)
    assert (clearing(), unbalanced_entries(), kinds()) == (10_000, [], [])


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([], [("missing", "CNY", 10_000, 0)]),
        ([("A1", 10_000, "CNY"), ("X", 500, "CNY")], [("extra", "CNY", 0, 500)]),
        ([("A1", 9_000, "CNY")], [("amount", "CNY", 10_000, 9_000)]),
        ([("A1", 10_000, "CNY"), ("A1", 10_000, "CNY")], [("amount", "CNY", 10_000, 20_000)]),
        ([("A1", 10_000, "USD")], [("currency", "CNY", 10_000, 0), ("currency", "USD", 0, 10_000)]),
        ([("A1", 6_000, "CNY"), ("A1", 4_000, "CNY")], []),
    ],
    ids=["missing", "extra", "amount", "charged twice", "currency", "in two lines"],
)
def test_each_difference_becomes_an_item_of_its_kind(lines, wanted):
    paid(10_000, "A1")
    read([line(reference, minor, currency=currency) for reference, minor, currency in lines])
    assert kinds() == wanted


def test_a_line_before_our_record_settles_by_itself():
    attempt = paid(10_000, "A1", posted=False)
    lines = [line("A1", 10_000, fee=60)]
    read(lines)
    assert kinds() == [("extra", "CNY", 0, 10_000)]
    record(attempt)
    read(lines)
    assert (kinds(), ReconciliationItem.objects.get().resolution, clearing()) == ([], "auto", 9_940)


def test_within_the_grace_nothing_is_missed():
    paid(10_000, "A1")
    paid(500, "B9", posted=False)
    run, _new = StatementRun.objects.get_or_create(provider=wallet_of(), day=today() - timedelta(days=1))
    settle(run, wallet_of(), [line("B9", 500, ago=timedelta(hours=20))])
    assert ReconciliationItem.objects.count() == 0
    assert set(StatementLine.objects.values_list("state", flat=True)) == {"open"}


def test_money_under_a_number_we_never_gave_is_held_in_suspense_at_once():
    run, _new = StatementRun.objects.get_or_create(provider=wallet_of(), day=today() - timedelta(days=1))
    settle(run, wallet_of(), [line("NOBODY", 500, ago=timedelta(hours=20))])
    item = ReconciliationItem.objects.get()
    assert (item.kind, item.held_minor, item.held_entry.creditor.code) == ("extra", 500, HOUSE)
    assert (suspense(), clearing()) == (-500, 500)


def test_what_is_held_is_let_go_when_the_difference_settles_by_itself():
    attempt = paid(10_000, "A1", posted=False)
    lines = [line("A1", 10_000)]
    read(lines)
    assert (suspense(), clearing()) == (-10_000, 10_000)
    record(attempt)
    read(lines)
    assert (kinds(), suspense(), clearing(), unbalanced_entries()) == ([], 0, 10_000, [])


def test_held_money_is_assigned_to_an_account_by_two_people_and_pays_its_debt(lead, admin):
    account = factories.account(balance_minor=800, reachable=False)
    read([line("TYPO", 1_000, fee=6)])
    item = ReconciliationItem.objects.get()
    given = {"destination": "account", "reason": "the payer sent us the slip", "by": lead}
    with pytest.raises(InvalidInput):
        propose_force(item, **given)
    propose_force(item, **given, account=account)
    with pytest.raises(Conflict):
        confirm_force(item, by=lead)
    confirm_force(item, by=admin)
    account.refresh_from_db()
    payment = Payment.objects.get(account=account)
    assert (account.balance_minor, account.status, payment.source, payment.amount_minor) == (0, "paid", "found", 1_000)
    assert (suspense(), clearing(), kinds()) == (-200, 1_000, [])
    read([line("TYPO", 1_000, fee=6)])
    assert (suspense(), clearing(), kinds(), unbalanced_entries()) == (-200, 994, [], [])
    assert JournalEntry.objects.get(kind="provider_fees").creditor == account.creditor


def test_held_money_is_given_back_and_its_way_out_is_expected(lead, admin):
    read([line("TYPO", 1_000)])
    propose_force(ReconciliationItem.objects.get(), destination="return", reason="not a debtor of ours", by=lead)
    confirm_force(ReconciliationItem.objects.get(), by=admin)
    assert (suspense(), clearing(), kinds()) == (0, 0, [])
    assert Expectation.objects.get(state="open").group_key == "back:TYPO"
    read([line("TYPO", -1_000)], ago=19)
    assert (suspense(), clearing(), kinds(), unbalanced_entries()) == (0, 0, [], [])
    assert set(Expectation.objects.values_list("state", flat=True)) == {"matched"}


def test_who_confirms_waits_for_the_settling_of_the_books_before_holding_any_difference(lead, admin):
    read([line("TYPO", 1_000)])
    propose_force(ReconciliationItem.objects.get(), destination="return", reason="not a debtor of ours", by=lead)
    item = ReconciliationItem.objects.get()
    with CaptureQueriesContext(connection) as asked:
        confirm_force(item, by=admin)
    taken = [query["sql"] for query in asked if "advisory" in query["sql"] or "FOR UPDATE" in query["sql"]]
    assert "hashtext('reconcile')" in taken[0]


def test_held_money_that_was_given_back_and_never_left_is_missed(lead, admin):
    read([line("TYPO", 1_000)])
    propose_force(ReconciliationItem.objects.get(), destination="return", reason="not a debtor of ours", by=lead)
    confirm_force(ReconciliationItem.objects.get(), by=admin)
    Expectation.objects.filter(state="open").update(expected_at=now() - LONG_AGO)
    read([], ago=18)
    assert kinds() == [("missing", "CNY", -1_000, 0)]


def test_a_difference_that_lacks_money_goes_to_nobody(lead):
    paid(10_000, "A1")
    read([line("A1", 9_000)])
    with pytest.raises(InvalidInput):
        propose_force(ReconciliationItem.objects.get(), destination="return", reason="no such money", by=lead)


def test_a_refund_is_matched_apart_from_its_payment():
    attempt = paid(10_000, "A1")
    post_out("refund", attempt, 3_000, key="refund:1", reason="owed_again")
    read([line("A1", 10_000)])
    assert kinds() == [("missing", "CNY", -3_000, 0)]
    read([line("A1", -3_000)], ago=19)
    assert (kinds(), clearing()) == ([], 7_000)


def test_a_corrected_statement_takes_back_what_it_no_longer_says():
    paid(10_000, "A1")
    read([line("A1", 10_000, fee=60), line("X", 500)])
    read([line("A1", 10_000, fee=80)])
    assert (kinds(), clearing(), stated()) == ([], 9_920, 9_920)
    assert StatementLine.objects.filter(state="withdrawn").count() == 2


def test_a_fee_that_was_not_agreed_is_told_and_accepted_with_a_reason(lead):
    ProviderFee.objects.create(provider=wallet_of(), currency="CNY", basis_points=60)
    paid(10_000, "A1")
    paid(10_000, "A2")
    read([line("A1", 10_000, fee=61), line("A2", 10_000, fee=90)])
    assert kinds() == [("fee", "CNY", 60, 90)]
    accept_fee(ReconciliationItem.objects.get(), reason="new price list", by=lead)
    assert kinds() == []


def test_a_difference_is_posted_only_by_two_people(lead, admin):
    paid(10_000, "A1")
    read([line("A1", 9_000)])
    item = ReconciliationItem.objects.get()
    propose_force(item, destination="suspense", reason="bank kept it", by=lead)
    with pytest.raises(Conflict):
        confirm_force(item, by=lead)
    confirm_force(item, by=admin)
    item.refresh_from_db()
    assert (item.state, item.resolution, clearing(), kinds()) == ("resolved", "force", 9_000, [])
    with pytest.raises(Conflict):
        confirm_force(item, by=admin)
    read([line("A1", 9_000)])
    assert (clearing(), kinds(), unbalanced_entries()) == (9_000, [], [])


def test_a_stray_line_is_matched_by_hand_to_its_payment(lead):
    paid(10_000, "A1")
    read([line("TYPO", 10_000, fee=60)])
    item = ReconciliationItem.objects.get(kind="extra")
    with pytest.raises(InvalidInput):
        match_by_hand(item, reference="A7", reason="same day, same sum", by=lead)
    match_by_hand(item, reference="A1", reason="same day, same sum", by=lead)
    assert (kinds(), clearing()) == ([], 9_940)
    assert set(ReconciliationItem.objects.values_list("kind", "resolution")) == {
        ("extra", "manual"),
        ("missing", "auto"),
    }


def test_the_order_of_lines_is_no_difference():
    paid(10_000, "A1")
    lines = [line("A1", 4_000), line("A1", 6_000)]
    run = read(lines)
    assert store_statement(run.pk, lines[::-1]) is False


books = st.lists(
    st.tuples(
        st.integers(1, 5_000),
        st.sampled_from(["same", "dropped", "twice", "changed", "foreign", "unrecorded", "split", "refunded"]),
        st.integers(0, 60),
        st.sampled_from(["CNY", "USD"]),
    ),
    min_size=1,
    max_size=5,
)


def spoil(number: int, minor: int, how: str, fee: int, currency: str) -> list[base.StatementLine]:
    name, other = f"H{number}", {"CNY": "USD", "USD": "CNY"}[currency]
    attempt = paid(minor, name, currency=currency, posted=how != "unrecorded")
    if how == "refunded":
        post_out("refund", attempt, minor, key=f"refund:h{number}", reason="owed_again")
    true = line(name, minor, currency=currency, fee=fee)
    return {
        "same": [true],
        "dropped": [],
        "twice": [true, line(name, minor, currency=currency, fee=fee, theirs="again")],
        "changed": [line(name, minor + 7, currency=currency, fee=fee)],
        "foreign": [line(name, minor, currency=other, fee=fee)],
        "unrecorded": [true],
        "split": [true, line(name, 0, currency=currency, fee=3)],
        "refunded": [true, line(name, -minor, currency=currency)],
    }[how]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=books, shuffled=st.randoms(use_true_random=False))
def test_every_row_ends_matched_or_in_an_item_and_the_clearing_agrees(cases, shuffled, db):
    with transaction.atomic():
        tell_and_check(cases, shuffled)
        transaction.set_rollback(True)


def tell_and_check(cases, shuffled) -> None:
    lines = [one for number, case in enumerate(cases) for one in spoil(number, *case)]
    shuffled.shuffle(lines)
    half = shuffled.randint(0, len(lines))
    read(lines[:half], ago=21)
    read(lines[half:], ago=20)
    open_groups = set(ReconciliationItem.objects.exclude(state="resolved").values_list("group_key", "currency"))
    for model in (StatementLine, Expectation):
        assert set(model.objects.values_list("state", flat=True)) <= {"matched", "item"}
        items = set(model.objects.filter(state="item").values_list("group_key", "currency"))
        assert items <= open_groups
        assert not set(model.objects.filter(state="matched").values_list("group_key", "currency")) & open_groups
    for currency in ("CNY", "USD"):
        assert clearing(currency) == stated(currency) - differences(currency)
    wrong = {f"in:H{number}" for number, case in enumerate(cases) if case[1] not in ("same", "split", "refunded")}
    assert {group for group, _currency in open_groups} == wrong
    assert unbalanced_entries() == []
