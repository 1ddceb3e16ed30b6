"""Posting many entries at once: the same as one after the other, by a handful of statements."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.clock import real_now
from common.errors import Conflict, InvalidInput
from payments.ledger import Line, NewEntry, batches, post_entries, post_entry
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import JournalEntry, LedgerAccount, Posting
from tests import factories
from tests.payments.test_concurrency import at_once

COMPONENTS = ("principal", "interest", "fees", "costs")
WHEN = real_now()


def payment(account, minor=1_000, *, key="pay:1", component="principal", provider="alipay", **data):
    lines = [
        Line("receivable", -minor, account=account, component=component),
        Line("placed", minor),
        Line("clearing", minor, qualifier=provider),
        Line("payable", -minor),
    ]
    return new("payment", account, lines, key=key, **data)


def wallet_fee(account, minor=30, *, key="fee:1", provider="alipay"):
    """An entry that names no account, so nobody waits at one."""
    lines = [Line("clearing", -minor, qualifier=provider), Line("provider_fees", minor, qualifier=provider)]
    return new("provider_fee", account, lines, key=key)


def new(kind, account, lines, *, key, **data):
    return NewEntry(
        kind=kind,
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=WHEN,
        lines=lines,
        data=data,
    )


def by_itself(entry: NewEntry):
    return post_entry(
        entry.kind,
        idempotency_key=entry.idempotency_key,
        creditor_id=entry.creditor_id,
        currency=entry.currency,
        effective_at=entry.effective_at,
        lines=entry.lines,
        reverses=entry.reverses,
        **entry.data,
    )


def balances(accounts) -> list[tuple[int, ...]]:
    for account in accounts:
        account.refresh_from_db()
    return [(row.balance_minor, *(getattr(row, f"{name}_minor") for name in COMPONENTS)) for row in accounts]


def books(keys) -> dict:
    """What the ledger says under these keys, without the numbers that a sequence gives."""
    rows = Posting.objects.filter(entry__idempotency_key__in=keys).values_list(
        "entry__idempotency_key",
        "ledger_account__kind",
        "ledger_account__qualifier",
        "ledger_account__creditor_id",
        "ledger_account__currency",
        "account_id",
        "component",
        "amount_minor",
        "currency",
    )
    heads = JournalEntry.objects.filter(idempotency_key__in=keys).order_by("pk")
    return {
        "entries": list(heads.values_list("kind", "creditor_id", "idempotency_key", "effective_at", "data")),
        "postings": Counter(rows),
    }


@pytest.fixture
def accounts(db):
    """Two accounts of one bank, one of another bank in another currency."""
    placement = factories.portfolio()
    first, second = (factories.account(placement=placement, reachable=False) for _ in range(2))
    return [first, second, factories.account(currency="KES", reachable=False)]


@pytest.fixture
def committed(transactional_db):
    return factories.account(reachable=False)


KEYS = st.sampled_from([f"key:{number}" for number in range(6)])
ENTRIES = st.tuples(
    st.sampled_from(["payment", "wallet_fee"]),
    st.integers(min_value=0, max_value=2),
    st.integers(min_value=0, max_value=900),
    st.sampled_from(COMPONENTS),
    st.sampled_from(["alipay", "wechat"]),
    KEYS,
)


def told(accounts, plan) -> list[NewEntry]:
    found = []
    for kind, owner, minor, component, provider, key in plan:
        if kind == "payment":
            about = {"component": component, "provider": provider, "say": '他说 "{1,2}" \\ \''}
            found.append(payment(accounts[owner], minor, key=key, **about))
        else:
            found.append(wallet_fee(accounts[owner], minor, key=key, provider=provider))
    return found


def undone(work):
    with transaction.atomic():
        result = work()
        transaction.set_rollback(True)
    return result


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(ENTRIES, min_size=1, max_size=12), st.lists(ENTRIES, max_size=4))
def test_a_batch_leaves_what_its_entries_leave_one_by_one(accounts, plan, before):
    entries, earlier = told(accounts, plan), told(accounts, before)
    keys = [entry.idempotency_key for entry in entries + earlier]

    def one_by_one():
        results = [by_itself(entry) for entry in [*earlier, *entries]][len(earlier) :]
        said = [(entry.idempotency_key, entry.kind, is_new) for entry, is_new in results]
        return said, balances(accounts), books(keys)

    def together():
        post_entries(earlier)
        results = [(posted.entry, posted.is_new) for posted in post_entries(entries)]
        assert unbalanced_entries() == [] and drifted_accounts() == []
        for entry, _is_new in results:
            assert JournalEntry.objects.get(pk=entry.pk).idempotency_key == entry.idempotency_key
        said = [(entry.idempotency_key, entry.kind, is_new) for entry, is_new in results]
        return said, balances(accounts), books(keys)

    assert undone(one_by_one) == undone(together)


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(ENTRIES, min_size=1, max_size=12))
def test_each_key_counts_once_and_moves_exactly_its_lines(accounts, plan):
    """Added up here by hand, from the plan alone."""
    entries, expected, seen = told(accounts, plan), [list(row) for row in balances(accounts)], set()
    for kind, owner, minor, component, _provider, key in plan:
        if key not in seen and kind == "payment":
            expected[owner][0] -= minor
            expected[owner][1 + COMPONENTS.index(component)] -= minor
        seen.add(key)

    def posted():
        news = [result.is_new for result in post_entries(entries)]
        assert not any(result.is_new for result in post_entries(entries))
        return news.count(True), balances(accounts)

    assert undone(posted) == (len(seen), [tuple(row) for row in expected])


def test_a_thousand_entries_take_as_many_statements_as_ten(accounts):
    post_entries([payment(accounts[0], key="first"), wallet_fee(accounts[0], key="fees")])

    def statements(size: int, name: str) -> int:
        entries = [payment(accounts[n % 2], 1, key=f"{name}:{n}") for n in range(size)]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            post_entries(entries)
        return sum("common_clockshift" not in query["sql"] for query in seen)

    assert statements(10, "few") == statements(1_000, "many") == 1


def test_the_entry_that_is_there_is_returned_as_it_is(accounts):
    [first] = post_entries([payment(accounts[0], 1_000, note="first")])
    [again] = post_entries([payment(accounts[1], 9_999, note="second")])
    assert again.entry == first.entry and not again.is_new
    assert again.entry.data == {"note": "first"} and again.entry.xid == first.entry.xid
    assert balances(accounts)[0][0] == 124_000 and balances(accounts)[1][0] == 125_000


def test_a_key_twice_in_one_batch_counts_once(accounts):
    same = payment(accounts[0], 1_000)
    results = post_entries([same, same, payment(accounts[0], 7, key="other"), payment(accounts[1], 5)])
    assert [result.is_new for result in results] == [True, False, True, False]
    assert results[0].entry == results[1].entry == results[3].entry
    assert balances(accounts)[0][0] == 123_993 and balances(accounts)[1][0] == 125_000


def test_entries_are_numbered_in_the_order_given_whatever_their_keys(accounts):
    results = post_entries([payment(accounts[0], 5, key=key) for key in ("c", "a", "b")])
    numbers = [result.entry.pk for result in results]
    assert numbers == sorted(numbers)


def test_nothing_is_posted_of_nothing(db):
    assert post_entries([]) == []


def test_one_unbalanced_entry_refuses_the_whole_batch(accounts):
    good, bad = payment(accounts[0], key="good"), new("payment", accounts[0], [Line("clearing", 1)], key="bad")
    with pytest.raises(InvalidInput):
        post_entries([good, bad])
    assert not JournalEntry.objects.filter(idempotency_key__in=["good", "bad"]).exists()
    assert balances(accounts)[0][0] == 125_000


def test_the_database_refuses_a_batch_that_does_not_balance_whatever_the_code_says(accounts, monkeypatch):
    monkeypatch.setattr(batches, "_check", lambda entry: None)
    good, bad = payment(accounts[0], key="good"), new("payment", accounts[0], [Line("clearing", 1)], key="bad")
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        post_entries([good, bad])
    assert not JournalEntry.objects.filter(idempotency_key__in=["good", "bad"]).exists()
    assert balances(accounts)[0][0] == 125_000


def test_entries_that_balance_only_together_are_refused(accounts):
    halves = [new("x", accounts[0], [Line("clearing", minor)], key=str(minor)) for minor in (1, -1)]
    with pytest.raises(InvalidInput):
        post_entries(halves)


@pytest.mark.parametrize("line", [Line("receivable", -5), Line("receivable", -5, component="principal")])
def test_a_receivable_line_without_its_account_is_refused(accounts, line):
    with pytest.raises(InvalidInput, match="names its account"):
        post_entries([new("x", accounts[0], [line, Line("placed", 5)], key="x")])


def test_an_account_of_another_creditor_or_currency_is_refused_and_nothing_of_the_batch_stays(accounts):
    first, second, foreign = accounts
    good = payment(first, key="good")
    for stranger in (foreign, factories.account(reachable=False)):
        lines = [Line("receivable", -5, account=stranger, component="principal"), Line("placed", 5)]
        with pytest.raises(Conflict):
            post_entries([good, new("payment", second, lines, key="bad")])
    assert not JournalEntry.objects.filter(idempotency_key__in=["good", "bad"]).exists()


def test_a_refusal_leaves_the_callers_transaction_usable(accounts):
    """What a caller wrote before it, and catches the refusal for, is still his to commit."""
    first, _second, foreign = accounts
    with transaction.atomic():
        lines = [Line("receivable", -5, account=foreign, component="principal"), Line("placed", 5)]
        with pytest.raises(Conflict):
            post_entries([new("payment", first, lines, key="bad")])
        assert post_entries([payment(first)])[0].is_new


def test_lines_of_the_chart_are_opened_once_for_the_whole_batch(accounts):
    entries = [payment(accounts[n], 5, key=f"{n}:{p}", provider=p) for n in range(3) for p in ("wechat", "mpesa")]
    post_entries(entries)
    opened = LedgerAccount.objects.filter(kind="clearing").values_list("creditor_id", "currency", "qualifier")
    assert len(opened) == len(set(opened)) == 4


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_chart_is_not_remembered(committed):
    with transaction.atomic():
        post_entries([payment(committed)])
        transaction.set_rollback(True)
    assert not LedgerAccount.objects.filter(kind="clearing").exists()
    assert post_entries([payment(committed)])[0].is_new
    assert balances([committed])[0][0] == 124_000 and drifted_accounts() == []


@pytest.mark.django_db(transaction=True)
def test_overlapping_batches_at_once_post_each_key_once(committed):
    """In opposite orders, also of entries that name no account: neither waits for what the other waits for."""
    others = [committed, *(factories.account(reachable=False, placement=committed.portfolio) for _ in range(3))]
    for turn in range(5):
        entries = [payment(others[n % 4], 10, key=f"pay:{turn}:{n}", provider=f"p{turn}") for n in range(60)]
        entries += [wallet_fee(committed, key=f"fee:{turn}:{n}") for n in range(300)]
        results = at_once(partial(post_entries, entries), partial(post_entries, entries[::-1]))
        assert not [result for result in results if isinstance(result, Exception)]
        forth, back = results[0], results[1][::-1]
        for one, other in zip(forth, back, strict=True):
            assert one.entry == other.entry and one.is_new != other.is_new
    assert [row[0] for row in balances(others)] == [125_000 - 5 * 15 * 10] * 4
    assert unbalanced_entries() == [] and drifted_accounts() == []


@pytest.mark.django_db(transaction=True)
def test_payments_and_batches_at_once_lose_no_balance(committed):
    def some(name):
        return lambda: [post_entries([payment(committed, 1, key=f"{name}:{n}")]) for n in range(40)]

    results = at_once(some("a"), some("b"), some("c"))
    assert not [result for result in results if isinstance(result, Exception)]
    assert balances([committed])[0][0] == 125_000 - 120 and drifted_accounts() == []
