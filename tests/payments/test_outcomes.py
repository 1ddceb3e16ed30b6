"""`apply_result` as accounting stories: forward only, exact amounts, one entry per attempt, nothing lost."""

from __future__ import annotations

import itertools

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.clock import now
from common.money import Money
from payments.accrual.allocation import DEFAULT_ORDER, claims_of, set_against
from payments.ledger import Line, post_entry
from payments.models import Attempt, Payment, Posting, Refund
from payments.selectors import attempts_for_a_person, receipt_of, statement_lines
from payments.services import apply_result
from payments.services.settling import ALLOCATION_ORDER
from tests.payments.helpers import balance, books_are_right, entries, kinds
from wallets.models import Provider
from wallets.providers.base import (
    DeclineCategory,
    DeclineInfo,
    PaymentResult,
    PaymentState,
    Reason,
)

numbers = itertools.count(1)


@pytest.fixture
def provider(db):
    return Provider.objects.create(key="alipay", name="Alipay", status="vetted")


def attempt_of(account, provider, minor=25_000, state="requires_action"):
    payment = Payment.objects.create(account=account, amount_minor=minor, currency="CNY", source="link")
    reference = f"ref{next(numbers)}"
    return Attempt.objects.create(
        payment=payment,
        provider=provider,
        merchant_reference=reference,
        state=state,
        amount_minor=minor,
        currency="CNY",
    )


def said(attempt, state, *, minor=None, currency="CNY", **more):
    amount = Money(attempt.amount_minor if minor is None else minor, currency)
    return PaymentResult(
        state=PaymentState(state), merchant_ref=more.pop("ref", attempt.merchant_reference), amount=amount, **more
    )


def tell(attempt, state, **more):
    return apply_result(attempt.pk, said(attempt, state, **more), source="test")


def declined(attempt, reason=Reason.INSUFFICIENT_FUNDS):
    decline = DeclineInfo(category=DeclineCategory.RETRY_LATER, reason=reason, code="X")
    return tell(attempt, "failed", decline=decline)


def suspense(account):
    rows = Posting.objects.filter(ledger_account__kind="suspense", ledger_account__creditor=account.creditor)
    return -sum(rows.values_list("amount_minor", flat=True))


def test_a_success_posts_one_balanced_entry_whatever_is_repeated(account, provider):
    attempt = attempt_of(account, provider)
    assert tell(attempt, "succeeded").outcome == "applied"
    assert tell(attempt, "succeeded").outcome == "ignored"
    assert balance(account) == 100_000 and entries(account) == 1 and books_are_right()


def test_a_late_failure_after_the_success_is_not_applied(account, provider):
    attempt = attempt_of(account, provider)
    tell(attempt, "succeeded")
    answer = declined(attempt)
    assert answer.outcome == "ignored" and answer.reason == "failed after succeeded"
    assert Payment.objects.get().state == "succeeded" and balance(account) == 100_000


@pytest.mark.parametrize("ending", ["failed", "closed"])
def test_a_late_success_after_the_end_is_money_and_a_person_is_told(account, provider, ending):
    attempt = attempt_of(account, provider)
    tell(attempt, ending)
    assert Payment.objects.get().state in ("failed", "cancelled")
    tell(attempt, "succeeded")
    assert balance(account) == 100_000 and Payment.objects.get().state == "succeeded"
    assert kinds(account).count("payment.needs_person") == 1
    assert attempts_for_a_person().get().reason == "late_success"


def test_money_for_a_debt_that_is_gone_waits_in_suspense(account, provider):
    late = attempt_of(account, provider)
    tell(late, "closed")
    tell(attempt_of(account, provider, minor=125_000), "succeeded")
    tell(late, "succeeded")
    assert balance(account) == 0 and suspense(account) == 25_000 and books_are_right()
    assert "payment.needs_person" in kinds(account)


def test_an_overpayment_pays_what_is_owed_and_keeps_the_rest_in_suspense(account, provider):
    late = attempt_of(account, provider, minor=50_000)
    tell(late, "closed")
    tell(attempt_of(account, provider, minor=100_000), "succeeded")
    tell(late, "succeeded")
    assert balance(account) == 0 and suspense(account) == 25_000 and account.status == "paid"
    late.payment.refresh_from_db()
    assert receipt_of(late.payment).surplus.minor == 25_000


@pytest.mark.parametrize(
    "wrong", [{"minor": 24_999}, {"minor": 25_001}, {"currency": "USD"}, {"ref": "another"}], ids=str
)
def test_a_success_that_is_not_what_we_asked_for_posts_nothing_and_goes_to_a_person(account, provider, wrong):
    attempt = attempt_of(account, provider)
    assert tell(attempt, "succeeded", **wrong).outcome == "needs_person"
    assert tell(attempt, "succeeded", **wrong).outcome == "needs_person"
    assert balance(account) == 125_000 and entries(account) == 0
    assert kinds(account).count("payment.needs_person") == 1


def test_a_success_without_an_amount_posts_nothing(account, provider):
    attempt = attempt_of(account, provider)
    result = PaymentResult(state=PaymentState.SUCCEEDED, merchant_ref=attempt.merchant_reference)
    assert apply_result(attempt.pk, result, source="test").outcome == "needs_person"
    assert entries(account) == 0


def test_not_found_is_not_a_failure(account, provider):
    attempt = attempt_of(account, provider, state="sending")
    tell(attempt, "failed", found=False)
    attempt.refresh_from_db()
    assert attempt.state == "unknown" and attempt.look_up_at and Payment.objects.get().state == "open"


def test_a_failure_keeps_its_reason_and_frees_the_account(account, provider):
    declined(attempt_of(account, provider))
    failed = Attempt.objects.get()
    assert (failed.reason, failed.decline_code, failed.decline_category) == ("insufficient_funds", "X", "retry_later")
    assert Payment.objects.get().state == "failed"
    assert attempt_of(account, provider).payment.state == "open"


def test_money_that_went_back_without_our_asking_is_owed_again_and_brought_to_a_person(account, provider):
    attempt = attempt_of(account, provider)
    owed = balance(account)
    tell(attempt, "succeeded")
    for _again in range(2):
        tell(attempt, "succeeded", refunded=Money(25_000, "CNY"))
    found = Refund.objects.get()
    assert (found.origin, found.amount_minor, found.needs_person, found.problem) == (
        "provider",
        25_000,
        True,
        "made_elsewhere",
    )
    assert balance(account) == owed and books_are_right()


def test_more_given_back_than_was_paid_posts_nothing_and_goes_to_a_person(account, provider):
    attempt = attempt_of(account, provider)
    tell(attempt, "succeeded")
    assert tell(attempt, "succeeded", refunded=Money(25_001, "CNY")).outcome == "needs_person"
    assert attempts_for_a_person().get().reason == "refunded" and not Refund.objects.exists()


def test_the_statement_ends_at_the_balance_and_the_receipt_explains_the_allocation(account, provider):
    add_costs(account, fees=500, costs=300)
    attempt = attempt_of(account, provider)
    tell(attempt, "succeeded")
    lines = statement_lines(account)
    assert lines[-1].balance.minor == balance(account) == 100_800 and lines[-1].amount.minor == -25_000
    attempt.payment.refresh_from_db()
    receipt = receipt_of(attempt.payment)
    assert receipt.allocation == {"costs": 300, "fees": 500, "principal": 24_200}
    assert receipt.balance_after.minor == 100_800


def add_costs(account, **components):
    post_entry(
        "fee",
        idempotency_key=f"fee:{next(numbers)}",
        creditor_id=account.creditor_id,
        currency="CNY",
        effective_at=now(),
        lines=[
            *(Line("receivable", minor, account=account, component=name) for name, minor in components.items()),
            Line("placed", -sum(components.values())),
        ],
    )
    account.refresh_from_db()


@given(st.lists(st.integers(0, 5_000), min_size=4, max_size=4), st.integers(1, 30_000))
def test_any_allocation_sums_exactly_and_fills_costs_first(owed, minor):
    claims = claims_of(dict(zip(ALLOCATION_ORDER, owed, strict=True)), past_due=0, due=0)
    shares, surplus = set_against(minor, claims, DEFAULT_ORDER)
    assert sum(shares.values()) + surplus == minor
    assert surplus == max(0, minor - sum(owed))
    for earlier, later in itertools.pairwise(ALLOCATION_ORDER):
        if shares.get(later):
            assert shares.get(earlier, 0) == owed[ALLOCATION_ORDER.index(earlier)]


STATES = ["requires_action", "pending", "unknown", "succeeded", "failed", "closed"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=12))
def test_any_order_of_answers_posts_the_money_once_if_and_only_if_there_was_a_success(account, provider, answers):
    with transaction.atomic():
        attempt = attempt_of(account, provider, state="sending")
        for answer in answers:
            tell(attempt, answer)
        attempt.refresh_from_db()
        paid = "succeeded" in answers
        assert balance(account) == (100_000 if paid else 125_000)
        assert entries(account) == int(paid) and (attempt.state == "succeeded") == paid
        assert books_are_right()
        transaction.set_rollback(True)
