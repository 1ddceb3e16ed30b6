"""What becomes of a plan, and of the debits under it, when the debt is paid another way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Event
from common.clock import now, today
from common.money import Money
from payments.debits import debit_due_instalments
from payments.debits.planning import plan_debits
from payments.models import Attempt, Instalment, Plan
from payments.plans import create_plan
from payments.services.direct import record_direct_payment
from tests.payments.helpers import planned_debit, tell_the_people


@pytest.fixture
def plan(account) -> Plan:
    """Two parts that leave some of the debt for later."""
    return create_plan(account, parts=[(today() + timedelta(days=days), 50_000) for days in (5, 35)])


def pay(account, minor: int) -> None:
    record_direct_payment(
        account, Money(minor, account.currency), received_at=now(), external_reference=f"bank-{minor}"
    )


def states(plan: Plan) -> list[str]:
    return list(Instalment.objects.filter(plan=plan).order_by("number").values_list("state", flat=True))


def completed(plan: Plan) -> int:
    return Event.objects.filter(kind="plan.completed", account=plan.account).count()


def test_a_plan_is_completed_by_its_last_instalment_and_says_so_once(account, plan):
    pay(account, 100_000)
    plan.refresh_from_db()
    assert (plan.state, states(plan), completed(plan)) == ("completed", ["paid", "paid"], 1)
    pay(account, 25_000)
    assert completed(plan) == 1


def test_a_plan_with_something_left_goes_on(account, plan):
    pay(account, 60_000)
    plan.refresh_from_db()
    assert (plan.state, states(plan), completed(plan)) == ("active", ["paid", "scheduled"], 0)


def test_what_is_left_of_a_plan_is_called_off_when_the_debt_is_gone(account, plan):
    Instalment.objects.filter(plan=plan, number=2).update(amount_minor=90_000)
    pay(account, 125_000)
    plan.refresh_from_db()
    assert (plan.state, states(plan)) == ("completed", ["paid", "cancelled"])


@pytest.mark.parametrize("state", ["paused", "defaulted"])
def test_a_plan_that_does_not_run_closes_too_when_the_debt_is_gone(account, plan, state):
    Plan.objects.filter(pk=plan.pk).update(state=state)
    pay(account, 125_000)
    plan.refresh_from_db()
    assert (plan.state, states(plan), completed(plan)) == ("completed", ["paid", "paid"], 1)


@pytest.mark.parametrize("state", ["paused", "defaulted"])
def test_a_plan_that_does_not_run_stays_as_it_is_while_something_of_it_is_left(account, plan, state):
    Plan.objects.filter(pk=plan.pk).update(state=state)
    pay(account, 60_000)
    plan.refresh_from_db()
    assert (plan.state, states(plan), completed(plan)) == (state, ["paid", "scheduled"], 0)


def test_every_live_plan_of_a_paid_account_closes(account, plan):
    Plan.objects.filter(pk=plan.pk).update(state="defaulted")
    newer = create_plan(account, parts=[(today() + timedelta(days=9), 50_000)])
    pay(account, 125_000)
    for one in (plan, newer):
        one.refresh_from_db()
        assert one.state == "completed" and set(states(one)) <= {"paid", "cancelled"}


@pytest.mark.django_db(transaction=True)
def test_a_debit_that_waits_to_be_sent_is_dropped_when_the_debt_is_gone(account, wallet, alipay):
    planned_debit(account, wallet)
    wallet.move_clock(hours=10)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)
    assert plan_debits(10).created == 1
    account.refresh_from_db()
    pay(account, account.balance_minor)
    attempt = Attempt.objects.select_related("payment").get()
    assert (attempt.state, attempt.payment.state, attempt.reason) == ("closed", "cancelled", "already_paid")
    debit_due_instalments()
    assert wallet.debits() == 0
