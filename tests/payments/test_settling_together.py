"""Settling a batch means exactly what settling one by one means: two worlds, told the same, end the same."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Event
from common.clock import now, today
from common.money import Money
from payments.accrual.allocation import by_component, texts_of
from payments.ledger import Line, post_entry
from payments.models import Attempt, Instalment, JournalEntry, Payment, Plan
from payments.models.accrual import AllocationOrder
from payments.services import apply_result
from payments.services.together import apply_plain_successes
from reminders.models import Message
from tests.payments.debit_rows import due_plan, paypal, success
from tests.payments.helpers import books_are_right
from wallets.models import PaymentMethod

pytestmark = pytest.mark.django_db

owed = st.integers(0, 3_000)
one_debit = st.fixed_dictionaries(
    {
        "principal": st.integers(1, 6_000),
        "interest": owed,
        "fees": owed,
        "costs": owed,
        "parts": st.lists(st.integers(1, 3_000), min_size=1, max_size=4),
        "paid_before": owed,
        "minor": st.integers(1, 9_000),
        "first": st.booleans(),  # whether the payment is for an instalment
        "late": st.booleans(),
        "status": st.sampled_from(["open", "open", "written_off"]),
        "plan": st.sampled_from(["active", "active", "paused", "defaulted", "cancelled"]),
        "told": st.sampled_from(["paid", "paid", "paid", "another amount", "another reference", "pending"]),
        "queued_too": st.booleans(),
    }
)


def build(provider, told: dict) -> int:
    """An account with a debit on its way, as the specification says; the attempt's id."""
    parts = told["parts"]
    balance = max(told["principal"], sum(parts))
    plan = due_plan(provider, parts, balance=balance)
    account = plan.account
    extra = {name: told[name] for name in ("interest", "fees", "costs") if told[name]}
    if extra:
        post_entry(
            "fee",
            idempotency_key=f"extra:{account.pk}",
            creditor_id=account.creditor_id,
            currency="USD",
            effective_at=now(),
            lines=[
                *(Line("receivable", minor, account=account, component=name) for name, minor in extra.items()),
                Line("placed", -sum(extra.values())),
            ],
        )
    first = plan.instalments.get(number=1)
    Instalment.objects.filter(pk=first.pk).update(paid_minor=min(told["paid_before"], first.amount_minor - 1))
    Plan.objects.filter(pk=plan.pk).update(state=told["plan"])
    Account.objects.filter(pk=account.pk).update(status=told["status"])
    payment = Payment.objects.create(
        account=account,
        instalment=first if told["first"] else None,
        amount_minor=told["minor"],
        currency="USD",
        source="debit",
        state="failed" if told["late"] else "open",
    )
    attempt = Attempt.objects.create(
        payment=payment,
        provider=provider,
        mandate=plan.mandate,
        merchant_reference=f"ref-{account.pk}",
        state="sending",
        amount_minor=told["minor"],
        currency="USD",
        claimed_until=now() + timedelta(minutes=1),
        reason="lost_claim",
    )
    if told["queued_too"] and told["late"]:
        waiting = Payment.objects.create(account=account, amount_minor=5, currency="USD", source="debit")
        Attempt.objects.create(
            payment=waiting, provider=provider, merchant_reference=f"w-{account.pk}", amount_minor=5, currency="USD"
        )
    return attempt.pk


def answer(attempt_id: int, told: dict):
    attempt = Attempt.objects.get(pk=attempt_id)
    result = success(attempt.merchant_reference, attempt.amount)
    changes = {
        "another amount": {"amount": Money(attempt.amount_minor + 1, "USD")},
        "another reference": {"merchant_ref": "somebody-else"},
        "pending": {"state": type(result.state).PENDING, "paid_at": None},
    }
    return type(result)(**{**vars(result), **changes.get(told["told"], {})})


def one_by_one(answers):
    for attempt_id in sorted(answers, key=lambda pk: Attempt.objects.get(pk=pk).payment.account_id):
        apply_result(attempt_id, answers[attempt_id], source="debit")


def together(answers):
    done = apply_plain_successes(answers, source="debit")
    one_by_one({pk: result for pk, result in answers.items() if pk not in done})


def outcome(attempt_id: int) -> list:
    """All that is left of it, without the numbers that differ between two worlds."""
    attempt = Attempt.objects.select_related("payment__account").get(pk=attempt_id)
    account = attempt.payment.account
    plan = account.plans.get()
    names = {
        str(plan): "PLAN", attempt.payment.reference: "PAYMENT", account.reference: "ACCOUNT",
        **{mandate.reference: "MANDATE" for mandate in account.mandates.all()},
        **{payment.reference: f"PAYMENT {n}" for n, payment in enumerate(account.payments.order_by("pk"))},
    }  # fmt: skip

    def plain(data):
        return {name: names.get(str(value), value) for name, value in data.items() if name not in ("entry", "attempt")}

    def rows(found, *names):
        """Moments and keys of rows differ between two worlds: only whether they are there is compared."""
        blurred = (datetime, JournalEntry)
        return [
            [
                bool(value) if value is None or isinstance(value, blurred) else value
                for value in (getattr(row, name) for name in names)
            ]
            for row in found
        ]

    entries = JournalEntry.objects.filter(postings__account=account, kind="payment").distinct().order_by("pk")
    return [
        [getattr(account, f"{name}_minor") for name in ("balance", "principal", "interest", "fees", "costs")],
        [account.status, account.last_payment_at is not None, plan.state],
        rows(plan.instalments.order_by("number"), "paid_minor", "state", "last_reason"),
        rows(account.payments.order_by("pk"), "state", "source", "finished_at", "entry"),
        rows(
            Attempt.objects.filter(payment__account=account).order_by("pk"),
            *("state", "reason", "needs_person", "claimed_until", "look_up_at", "look_ups", "finished_at"),
        ),
        [
            [plain(entry.data), sorted(entry.postings.values_list("ledger_account__kind", "component", "amount_minor"))]
            for entry in entries
        ],
        [
            [event.kind, event.source, plain(event.data)]
            for event in Event.objects.filter(account=account).order_by("pk")
        ],
        rows(account.mandates.order_by("pk"), "state", "state_reason", "revoke_due_at"),
        rows(PaymentMethod.objects.filter(debtor=account.debtor), "last_used_at", "removed_at"),
        Message.objects.filter(account=account).count(),
    ]


def two_worlds(told: list[dict], *, with_rules: bool):
    provider = paypal()
    if with_rules:
        order = by_component("principal", "fees", "interest", "costs")
        AllocationOrder.objects.create(product="credit_card", buckets=texts_of(order), effective_from=today())
    found = []
    for settle in (one_by_one, together):
        ids = [build(provider, one) for one in told]
        settle({attempt_id: answer(attempt_id, one) for attempt_id, one in zip(ids, told, strict=True)})
        found.append([outcome(attempt_id) for attempt_id in ids])
    assert books_are_right()
    return found


PLAIN = {
    "principal": 3_000, "interest": 100, "fees": 50, "costs": 20, "parts": [1_000, 2_000], "paid_before": 0,
    "minor": 1_000, "first": True, "late": False, "status": "open", "plan": "active", "told": "paid",
    "queued_too": False,
}  # fmt: skip


@given(told=st.lists(one_debit, min_size=1, max_size=5), with_rules=st.booleans())
@example(told=[PLAIN, {**PLAIN, "minor": 3_170}, {**PLAIN, "minor": 9_000}], with_rules=False)
@example(told=[PLAIN, {**PLAIN, "late": True, "queued_too": True, "minor": 4_000}], with_rules=True)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_batch_ends_as_one_by_one_ends(told, with_rules):
    with transaction.atomic():
        alone, in_a_batch = two_worlds(told, with_rules=with_rules)
        transaction.set_rollback(True)
    assert in_a_batch == alone


def test_what_the_last_debit_of_a_debt_ends(django_capture_on_commit_callbacks):
    """Said once in plain words, for the comparison above would not see what both ways forget."""
    provider = paypal()
    all_paid = build(provider, {**PLAIN, "minor": 3_170})
    half = build(provider, PLAIN)
    with django_capture_on_commit_callbacks(execute=True):
        together({pk: answer(pk, PLAIN) for pk in (all_paid, half)})
    account = Attempt.objects.get(pk=all_paid).payment.account
    plan = account.plans.get()
    assert (account.balance_minor, account.status, plan.state) == (0, "paid", "completed")
    assert plan.mandate.state == "revoked" and plan.mandate.state_reason == "nothing is owed any more"
    assert set(plan.instalments.values_list("state", flat=True)) == {"paid"}
    other = Attempt.objects.get(pk=half).payment.account
    assert (other.balance_minor, other.status) == (2_170, "open")
    # Costs, fees and interest first, so the debt's principal fell by the rest of the thousand.
    assert (other.costs_minor, other.fees_minor, other.interest_minor, other.principal_minor) == (0, 0, 0, 2_170)
    assert list(other.plans.get().instalments.order_by("number").values_list("state", "paid_minor")) == [
        ("paid", 1_000),
        ("scheduled", 0),
    ]
    assert Message.objects.filter(purpose="debit_receipt").count() == 2
