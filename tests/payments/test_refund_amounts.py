"""Whatever is asked for, answered, found and disputed: never more goes back than came, and the ledger balances."""

from __future__ import annotations

from itertools import count

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import PlatformError
from common.money import Money
from payments.models import Attempt, Payment, Posting, Refund
from payments.models.refunds import LIVE_REFUND_STATES
from payments.refunds import (
    approve_refund,
    keep_as_credit,
    record_transfer,
    reject_refund,
    request_refund,
)
from payments.services import apply_result
from payments.services.refund_results import apply_refund_result
from payments.services.shares import standing_of
from tests import factories
from tests.payments.helpers import books_are_right
from wallets.models import Provider
from wallets.providers.base import Dispute, PaymentResult, PaymentState, RefundResult, RefundState

pytestmark = pytest.mark.django_db
_numbers = count(1)

AMOUNTS = st.integers(1, 60_000)
STEPS = st.one_of(
    st.tuples(st.just("ask"), AMOUNTS, st.sampled_from(["owed_again", "overpayment"])),
    st.tuples(st.just("approve"), st.integers(0, 9)),
    st.tuples(st.just("reject"), st.integers(0, 9)),
    st.tuples(st.just("transfer"), st.integers(0, 9)),
    st.tuples(st.just("answer"), st.integers(0, 9), st.sampled_from(list(RefundState))),
    st.tuples(st.just("found"), AMOUNTS),
    st.tuples(st.just("dispute"), AMOUNTS, st.integers(0, 2), st.booleans()),
    st.tuples(st.just("keep")),
)


def paid_attempt(paid: int, owed: int) -> Attempt:
    """A payment of `paid` that arrives on a debt of `owed`: what is more waits as surplus."""
    account = factories.account(balance_minor=owed, reachable=False)
    provider, _new = Provider.objects.get_or_create(key="alipay", defaults={"name": "Alipay", "status": "vetted"})
    payment = Payment.objects.create(account=account, amount_minor=paid, currency="CNY", source="link")
    attempt = Attempt.objects.create(
        payment=payment,
        provider=provider,
        merchant_reference=f"amounts{next(_numbers)}",
        state="pending",
        amount_minor=paid,
        currency="CNY",
    )
    said(attempt)
    attempt.refresh_from_db()
    return attempt


def said(attempt: Attempt, **more) -> None:
    result = PaymentResult(
        state=PaymentState.SUCCEEDED, merchant_ref=attempt.merchant_reference, amount=attempt.amount, **more
    )
    apply_result(attempt.pk, result, source="poll")


def step(attempt: Attempt, what: tuple, first, second) -> None:
    refunds = list(attempt.refunds.order_by("pk"))
    chosen = refunds[what[1] % len(refunds)] if refunds and len(what) > 1 else None
    if what[0] == "ask":
        way = "transfer" if what[1] % 2 else "wallet"
        request_refund(
            attempt.payment, amount=Money(what[1], "CNY"), purpose=what[2], way=way, reason="because", by=first
        )
    elif what[0] == "found":
        said(attempt, refunded=Money(what[1], "CNY"))
    elif what[0] == "dispute":
        one = Dispute(reference=f"{attempt.pk}:{what[2]}", amount=Money(what[1], "CNY"), gone=what[3])
        said(attempt, disputes=(one,))
    elif what[0] == "keep":
        keep_as_credit(attempt.payment.account, reason="they asked", by=first)
    elif chosen and what[0] == "approve":
        approve_refund(chosen, by=second)
    elif chosen and what[0] == "reject":
        reject_refund(chosen, by=second, note="no")
    elif chosen and what[0] == "transfer":
        record_transfer(chosen, by=first, reference="BANK")
    elif chosen and what[0] == "answer":
        if chosen.state == "approved" and chosen.way == "wallet":
            Refund.objects.filter(pk=chosen.pk).update(state="sending")
        answer = RefundResult(state=what[2], refund_ref=chosen.merchant_reference, amount=chosen.amount)
        apply_refund_result(chosen.pk, answer, source="poll")


def owed_as_refunds() -> int:
    rows = Posting.objects.filter(ledger_account__kind="refunds")
    return -(rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0)


@given(paid=st.integers(1, 50_000), owed=st.integers(1, 50_000), steps=st.lists(STEPS, min_size=1, max_size=14))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_refunds_never_exceed_the_payment_and_the_ledger_balances(paid, owed, steps, agent, lead, settings):
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, "http://127.0.0.1:9"
    before, attempt = owed_as_refunds(), paid_attempt(paid, owed)
    for what in steps:
        attempt = Attempt.objects.select_related("payment__account").get(pk=attempt.pk)
        try:
            with transaction.atomic():
                step(attempt, what, agent, lead)
        except PlatformError:
            pass
        live = sum(row.amount_minor for row in attempt.refunds.filter(state__in=LIVE_REFUND_STATES))
        assert live <= paid
        assert books_are_right()
    owed_by_transfer = sum(row.amount_minor for row in attempt.refunds.filter(state="approved", way="transfer"))
    taken = owed_by_transfer + sum(row.amount_minor for row in attempt.refunds.filter(state="succeeded"))
    disputed = sum(row.amount_minor for row in attempt.disputes.filter(returned=None))
    attempt.refresh_from_db()
    assert owed_as_refunds() - before == owed_by_transfer
    assert standing_of(attempt).minor == paid - taken - disputed, "what went out is what the ledger says went out"
