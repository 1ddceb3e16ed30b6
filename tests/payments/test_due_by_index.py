"""With thousands of rows, what is due and what came before are found by an index, not by reading everything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.clock import now, today
from common.ids import uuid7
from payments.debits.planning import plan_debits
from payments.models import Attempt, Instalment, Payment, Plan
from payments.retries.gathering import gather
from tests import factories
from tests.payments.helpers import EVIDENCE, TERMS
from wallets.models import Mandate, PaymentMethod, Provider

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 4_000
PEOPLE = 100


@pytest.fixture
def failed():
    """The last of four thousand failed debits of a hundred people, each under an agreement with a card."""
    stripe = Provider.objects.create(key="stripe", name="Stripe", status="vetted", currencies=["CNY"])
    rows = [_instalments(factories.account(reachable=False), stripe) for _number in range(PEOPLE)]
    spread = [(of_one[number % len(of_one)], mandate) for number in range(MANY // PEOPLE) for of_one, mandate in rows]
    payments = Payment.objects.bulk_create(
        Payment(
            account=row.plan.account, instalment=row, amount_minor=100, currency="CNY", source="debit", state="failed"
        )
        for row, _mandate in spread
    )
    attempts = Attempt.objects.bulk_create(
        Attempt(
            payment=payment, provider=stripe, mandate=mandate, merchant_reference=uuid7().hex, state="failed",
            amount_minor=100, currency="CNY", decline_category="retry_later", reason="insufficient_funds",
        )
        for payment, (_row, mandate) in zip(payments, spread, strict=True)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return attempts[-1]


def _instalments(account, provider) -> tuple[list[Instalment], Mandate]:
    card = PaymentMethod.objects.create(debtor=account.debtor, provider=provider, token=f"pm_{account.pk}")
    mandate = Mandate.objects.create(
        account=account, provider=provider, payment_method=card, merchant_reference=f"m{account.pk}", state="active",
        currency="CNY", cap_minor=50_000, first_debit_on=today(), terms_version=TERMS.version, terms_text=TERMS.text,
        evidence=EVIDENCE, signed_at=now(),
    )  # fmt: skip
    plan = Plan.objects.create(account=account, mandate=mandate, state="active", currency="CNY", total_minor=4_000)
    rows = Instalment.objects.bulk_create(
        Instalment(
            plan=plan, number=number, due_on=today(), amount_minor=100, state="noticed",
            debit_not_before=now() + timedelta(days=number - 1, minutes=-5),
        )
        for number in range(1, 41)
    )  # fmt: skip
    return rows, mandate


def plans_of(asked, table: str) -> list[str]:
    """How PostgreSQL answers each of the questions that read `table`."""
    found = []
    for query in asked:
        if query["sql"].startswith("SELECT") and f'FROM "{table}"' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"))
                found.append("\n".join(line for (line,) in cursor.fetchall()))
    return found


def test_the_earlier_tries_of_a_failed_debit_are_found_by_index(failed):
    with CaptureQueriesContext(connection) as asked:
        assert len(gather([failed], now())) == 1
    plans = plans_of(asked, "payments_attempt")
    assert len(plans) >= 3 and [plan for plan in plans if "Seq Scan on payments_attempt" in plan] == []


def test_what_is_due_is_found_by_index(failed):
    with CaptureQueriesContext(connection) as asked:
        assert plan_debits(10).found == 10
    first = plans_of(asked, "payments_instalment")[0]
    assert "instalment_to_debit" in first and "Seq Scan on payments_instalment" not in first, first
