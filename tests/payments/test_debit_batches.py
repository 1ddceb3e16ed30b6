"""Debits in batches: as many statements for fifty as for five, and nobody is held up by somebody else's trouble."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from common.clock import now
from payments.debits import debit_due_instalments
from payments.debits.claiming import claim_debits
from payments.debits.planning import plan_debits
from payments.debits.running import _beside, _Settling, settle
from payments.debits.sending import WAITED, Answered
from payments.models import Attempt, Instalment, JournalEntry, Payment
from payments.models.payments import OPEN_ATTEMPT_STATES
from tests.faults.workers import Workers
from tests.payments.debit_rows import due_plan, make_due, paid, paypal
from tests.payments.helpers import balance, books_are_right, kinds
from wallets.models import Mandate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(settings, db):
    settings.SANDBOX = True
    return paypal()


@contextmanager
def rows_refused(table: str, condition: str):
    """The database itself refuses to write these rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION refuse_{table}() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'a poison row'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER refuse_row BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW"
            f" WHEN ({condition}) EXECUTE FUNCTION refuse_{table}()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refuse_row ON {table}")
            cursor.execute(f"DROP FUNCTION refuse_{table}()")


def statements(work):
    now()  # the sandbox clock is read once a second, by whoever comes first
    with CaptureQueriesContext(connection) as queries:
        result = work()
    found = [query["sql"] for query in queries if "common_clockshift" not in query["sql"]]
    return result, found


def steps_for(provider, number: int) -> list[int]:
    """How many statements planning, claiming and settling so many debits take."""
    plans = [due_plan(provider) for _ in range(number)]
    planned, planning = statements(lambda: plan_debits(number))
    claims, claiming = statements(lambda: claim_debits(number))
    settled, settling = statements(lambda: settle([paid(claim) for claim in claims]))
    assert (planned.created, len(claims), settled) == (number, number, number)
    assert all(balance(plan.account) == 9_000 for plan in plans)
    return [len(planning), len(claiming), len(settling)]


def test_fifty_debits_take_as_many_statements_as_five(provider):
    steps_for(provider, 1)  # opens the lines of the chart
    assert steps_for(provider, 50) == steps_for(provider, 5)
    assert books_are_right()


def test_what_is_claimed_as_it_is_planned_is_kept_before_the_call_for_fifty_as_for_five(provider):
    def planned(number: int) -> int:
        plans = [due_plan(provider) for _ in range(number)]
        run, found = statements(lambda: plan_debits(number, claim=True))
        rows = {attempt.pk: attempt for attempt in Attempt.objects.filter(payment__account__plans__in=plans)}
        assert {claim.attempt_id for claim in run.claims} == set(rows) and len(rows) == number
        for claim in run.claims:
            row = rows[claim.attempt_id]
            assert (row.state, row.claimed_until) == ("sending", claim.until)
            assert (row.merchant_reference, row.amount) == (claim.request.merchant_ref, claim.request.amount)
        return len(found)

    planned(1)
    assert planned(50) == planned(5)
    assert claim_debits(100) == [], "they are claimed already"


def test_what_waited_too_long_lines_up_again_together_but_for_what_is_another_workers(provider):
    def lined_up(number: int) -> int:
        for _ in range(number):
            due_plan(provider)
        answers = [Answered(claim=claim, reason=WAITED) for claim in plan_debits(number, claim=True).claims]
        taken = Attempt.objects.filter(pk=answers[0].claim.attempt_id)
        taken.update(claimed_until=now() + timedelta(minutes=9))
        _none, found = statements(lambda: settle(answers))
        assert taken.get().state == "sending"
        rows = Attempt.objects.filter(pk__in=[answer.claim.attempt_id for answer in answers[1:]])
        assert set(rows.values_list("state", "reason", "claimed_until")) == {("created", "waited", None)}
        assert len(claim_debits(100)) == number - 1
        return len(found)

    assert lined_up(20) == lined_up(5)


def test_refusals_are_written_together_as_well(provider):
    def refused(number: int) -> int:
        for _ in range(number):
            due_plan(provider, cap=900)
        run, found = statements(lambda: plan_debits(number))
        assert run.refused == number
        return len(found)

    refused(1)  # the wallet is asked for the first time, and its merchant account noted
    assert refused(50) == refused(5)
    assert set(Instalment.objects.filter(number=1).values_list("last_reason", flat=True)) == {"over_cap"}


def test_a_cap_lowered_between_planning_and_claiming_closes_the_debit_unsent(provider):
    plan, other = due_plan(provider), due_plan(provider)
    assert plan_debits(10).created == 2
    Mandate.objects.filter(pk=plan.mandate_id).update(cap_minor=999)
    (claim,) = claim_debits(10)
    assert claim.account_id == other.account_id
    attempt = Attempt.objects.select_related("payment").get(payment__account=plan.account)
    assert (attempt.state, attempt.reason, attempt.payment.state) == ("closed", "over_cap", "cancelled")
    assert plan.instalments.get(number=1).last_reason == "over_cap"
    assert "payment.cancelled" in kinds(plan.account)


def test_a_debt_that_shrank_between_planning_and_claiming_closes_the_debit_unsent(provider):
    plan = due_plan(provider)
    assert plan_debits(10).created == 1
    plan.instalments.filter(number=1).update(paid_minor=400)
    assert claim_debits(10) == []
    assert Attempt.objects.get().reason == "already_paid"
    assert plan_debits(10).created == 1 and Attempt.objects.latest("pk").amount_minor == 600


def test_two_instalments_of_one_agreement_make_one_debit_at_a_time_for_two_workers(provider, tmp_path):
    plans = [due_plan(provider) for _ in range(10)]
    for plan in plans:
        make_due(plan.instalments.get(number=2))
    workers = Workers(tmp_path)
    children = [workers.fork(lambda: plan_debits(50)) for _ in range(2)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    plan_debits(50)
    open_ones = Attempt.objects.filter(state__in=OPEN_ATTEMPT_STATES)
    assert sorted(open_ones.values_list("mandate_id", flat=True)) == sorted(plan.mandate_id for plan in plans)
    assert Attempt.objects.count() == 10 == Payment.objects.count()


def test_a_row_that_cannot_be_planned_waits_and_the_others_go_on(provider):
    plans = [due_plan(provider) for _ in range(7)]
    poison = plans[3]
    with rows_refused("payments_payment", f"NEW.account_id = {poison.account_id}"):
        assert plan_debits(50).created == 6
    row = poison.instalments.get(number=1)
    assert row.last_reason == "unreadable" and row.debit_not_before > now()
    assert not Payment.objects.filter(account=poison.account).exists()


def test_a_row_that_cannot_be_claimed_waits_and_the_others_go_on(provider):
    plans = [due_plan(provider) for _ in range(7)]
    plan_debits(50)
    poison = Attempt.objects.get(payment__account=plans[5].account)
    with rows_refused("payments_attempt", f"NEW.id = {poison.pk} AND NEW.state = 'sending'"):
        assert len(claim_debits(50)) == 6
    poison.refresh_from_db()
    assert poison.state == "created" and poison.claimed_until > now()


def test_an_answer_that_cannot_be_applied_is_left_to_the_look_up_and_the_others_are_settled(provider):
    plans = [due_plan(provider) for _ in range(7)]
    plan_debits(50)
    answers = [paid(claim) for claim in claim_debits(50)]
    poison = plans[2].account
    with rows_refused("accounts_account", f"NEW.id = {poison.pk}"):
        assert settle(answers) == 6
    assert balance(poison) == 10_000 and JournalEntry.objects.filter(kind="payment").count() == 6
    assert Attempt.objects.get(payment__account=poison).state == "sending" and books_are_right()
    assert settle(answers) == 7 and balance(poison) == 9_000
    assert JournalEntry.objects.filter(kind="payment").count() == 7, "the six were not posted twice"


def test_a_run_ends_although_a_row_can_never_be_worked_on(provider, settings, running_wallet):
    settings.WALLET_SANDBOX_URL = running_wallet.base_url
    poison = due_plan(provider)
    refused_payment = rows_refused("payments_payment", f"NEW.account_id = {poison.account_id}")
    with refused_payment, rows_refused("payments_instalment", f"NEW.plan_id = {poison.pk}"):
        assert debit_due_instalments(batch=1).sent == 0


def test_where_answers_pile_up_a_second_thread_settles_and_each_debit_is_posted_once(provider):
    plans = [due_plan(provider) for _ in range(9)]
    answers = [paid(claim) for claim in plan_debits(9, claim=True).claims]
    with _beside("settle") as thread:
        settling = _Settling(thread)
        settling.settle(answers[:3], helped=True)
        beside = settling.under_way
        settling.settle(answers[3:6], helped=True)
        settling.settle(answers[6:], helped=False)
        assert settling.under_way is beside and beside.result() == 3, "one at a time beside, the others here"
        assert settling.taken() == 9 and settling.taken() == 0 and settling.under_way is None
    assert JournalEntry.objects.filter(kind="payment").count() == 9 and books_are_right()
    assert all(balance(plan.account) == 9_000 for plan in plans)


def test_what_goes_wrong_beside_is_not_lost(provider):
    def broken() -> int:
        raise OperationalError("the database went away")

    with _beside("settle") as thread:
        settling = _Settling(thread)
        settling.under_way = thread.submit(broken)
        settling.under_way.exception()
        with pytest.raises(OperationalError):
            settling.taken()
