"""What arrived at an address, judged: no transfer of value may go without a word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import Money
from wallets.providers.base import PaymentState
from wallets.providers.deposits import Deposit, DepositProblem
from wallets.providers.usdt.judging import Rules, judge
from wallets.providers.usdt.quoting import GRACE, Terms

EXPIRES = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BEFORE, AFTER = EXPIRES - timedelta(minutes=10), EXPIRES + GRACE + timedelta(seconds=1)
RULES = Rules(token="usdt", dust=10_000, blocked=frozenset({"sanctioned"}))
TERMS = Terms(asked=Money(1000, "USD"), to_send=Money(10_000_000, "USDT"), start=100, expires_at=EXPIRES)


def deposit(value=10_000_000, *, number=1, at=BEFORE, **changes):
    made = Deposit(
        key=f"ethereum:{number:064x}:0",
        address="ours",
        token="usdt",
        value=value,
        sender="somebody",
        position=100 + number,
        block_hash="b",
        block_time=at,
        final=True,
    )
    return replace(made, **changes)


def judged(*deposits, over=False, posted=False):
    verdict = judge(TERMS, deposits, rules=RULES, final_time=AFTER if over else BEFORE, posted=posted)
    return verdict.state, [issue.problem for issue in verdict.issues], [issue.amount for issue in verdict.issues]


def usdt(minor):
    return Money(minor, "USDT")


WAITING, PENDING, PAID = PaymentState.REQUIRES_ACTION, PaymentState.PENDING, PaymentState.SUCCEEDED
CLOSED, REVERSED = PaymentState.CLOSED, PaymentState.REVERSED


@pytest.mark.parametrize(
    ("deposits", "over", "state", "problems"),
    [
        ([], False, WAITING, []),
        ([], True, CLOSED, []),
        ([deposit()], False, PAID, []),
        ([deposit()], True, PAID, []),
        ([deposit(final=False)], False, PENDING, []),
        ([deposit(9_999_999)], False, WAITING, []),
        ([deposit(9_999_999)], True, PENDING, ["underpaid"]),
        ([deposit(4_000_000), deposit(6_000_000, number=2)], False, PAID, []),
        ([deposit(4_000_000), deposit(6_000_000, number=2, final=False)], False, PENDING, []),
        ([deposit(4_000_000), deposit(7_000_000, number=2)], False, PAID, ["overpaid"]),
        ([deposit(10_000_001)], False, PAID, ["overpaid"]),
        ([deposit(), deposit(number=2)], False, PAID, ["second_payment"]),
        ([deposit(), deposit(number=2, at=AFTER)], True, PAID, ["second_payment"]),
        ([deposit(at=AFTER)], True, PENDING, ["paid_late"]),
        ([deposit(at=EXPIRES + GRACE)], True, PAID, []),
        ([deposit(4_000_000), deposit(6_000_000, number=2, at=AFTER)], True, PENDING, ["underpaid", "paid_late"]),
        ([deposit(token="fake")], False, WAITING, ["wrong_token"]),
        ([deposit(token="fake")], True, PENDING, ["wrong_token"]),
        ([deposit(token="fake", value=1)], True, PENDING, ["wrong_token"]),
        ([deposit(token="fake"), deposit(number=2)], False, PAID, ["wrong_token"]),
        ([deposit(sender="sanctioned")], True, PENDING, ["blocked_sender"]),
        ([deposit(sender="sanctioned"), deposit(number=2)], False, PAID, ["blocked_sender"]),
        ([deposit(0)], True, CLOSED, []),
        ([deposit(9_999)], True, CLOSED, []),
        ([deposit(0, token="fake")], True, CLOSED, []),
        ([deposit(at=AFTER, final=False)], True, PENDING, []),
    ],
)
def test_each_case_has_its_state_and_its_items_for_an_operator(deposits, over, state, problems):
    found, named, _amounts = judged(*deposits, over=over)
    assert (found, named) == (state, problems)


def test_an_item_says_how_much_is_missing_or_too_much():
    assert judged(deposit(9_999_999), over=True)[2] == [usdt(1)]
    assert judged(deposit(10_500_000))[2] == [usdt(500_000)]
    assert judged(deposit(), deposit(3_000_000, number=2))[2] == [usdt(3_000_000)]
    assert judged(deposit(token="fake"), over=True)[2] == [None]


def test_a_posted_payment_that_is_no_longer_covered_is_reversed():
    assert judged(posted=True)[0] is REVERSED
    assert judged(deposit(final=False), posted=True)[0] is REVERSED
    assert judged(deposit(9_999_999), posted=True, over=True)[0] is REVERSED
    assert judged(deposit(), posted=True)[0] is PAID


def test_the_payment_is_dated_by_the_transfer_that_completed_it():
    last = deposit(6_000_000, number=2, at=BEFORE + timedelta(minutes=3))
    verdict = judge(TERMS, [last, deposit(4_000_000)], rules=RULES, final_time=BEFORE)
    assert verdict.completed_by == last


def test_an_item_found_again_has_the_same_key_and_a_new_one_another():
    first, second = deposit(4_000_000), deposit(1_000_000, number=2)
    short = [judge(TERMS, some, rules=RULES, final_time=AFTER).issues[0] for some in ([first], [first, second])]
    again = judge(TERMS, [first], rules=RULES, final_time=AFTER).issues[0]
    assert short[0].dedupe_key == again.dedupe_key != short[1].dedupe_key


any_deposit = st.builds(
    lambda number, value, token, late, sender, final: deposit(
        value, number=number, token=token, at=AFTER if late else BEFORE, sender=sender, final=final
    ),
    st.integers(1, 10**6),
    st.sampled_from([0, 1, 9_999, 10_000, 5_000_000, 9_999_999, 10_000_000, 10_000_001, 10**9]),
    st.sampled_from(["usdt", "fake"]),
    st.booleans(),
    st.sampled_from(["somebody", "sanctioned"]),
    st.booleans(),
)


@given(st.lists(any_deposit, max_size=6, unique_by=lambda one: one.key), st.booleans())
def test_no_final_value_goes_without_a_word_and_no_success_without_the_money(deposits, posted):
    verdict = judge(TERMS, deposits, rules=RULES, final_time=AFTER, posted=posted)
    ours = [one for one in deposits if one.final and one.token == "usdt" and one.value >= RULES.dust]
    good = [one for one in ours if one.sender == "somebody" and one.block_time == BEFORE]
    enough = sum(one.value for one in good) >= TERMS.to_send.minor
    assert (verdict.state is PAID) == enough
    named = {one.key for issue in verdict.issues for one in issue.deposits}
    strange = {one.key for one in deposits if one.final and one.token == "fake" and one.value}
    assert strange <= named
    if not enough:
        assert {one.key for one in ours} <= named
        assert verdict.state is not CLOSED or not named
    assert len({issue.dedupe_key for issue in verdict.issues}) == len(verdict.issues)


@given(st.lists(any_deposit, max_size=6, unique_by=lambda one: one.key), st.randoms())
def test_the_order_in_which_transfers_are_read_changes_nothing(deposits, random):
    shuffled = random.sample(deposits, len(deposits))
    first, second = (judge(TERMS, some, rules=RULES, final_time=AFTER) for some in (deposits, shuffled))
    assert first == second


@given(st.lists(any_deposit, max_size=6, unique_by=lambda one: one.key))
def test_value_in_and_value_accounted_for_are_equal(deposits):
    verdict = judge(TERMS, deposits, rules=RULES, final_time=AFTER)
    if verdict.state is not PAID:
        return
    beyond = (DepositProblem.OVERPAID, DepositProblem.SECOND_PAYMENT)
    extra = sum(issue.amount.minor for issue in verdict.issues if issue.problem in beyond)
    usable = [
        one for one in deposits
        if one.final and one.token == "usdt" and one.sender == "somebody" and one.value >= RULES.dust
    ]  # fmt: skip
    assert sum(one.value for one in usable) == TERMS.to_send.minor + extra
