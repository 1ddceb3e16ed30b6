"""A debit whose claim was lost may have left us: nothing follows it until somebody knows what became of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import now
from common.http import run
from payments.debits import debit_due_instalments, running
from payments.debits.claiming import Claimed, claim_debits
from payments.debits.planning import plan_debits
from payments.debits.sending import Answered
from payments.models import Attempt
from payments.services import apply_result, look_up_due_attempts
from tests.payments.helpers import balance, only_attempt, planned_debit, tell_the_people
from wallets.gateway import adapter


@pytest.fixture
def plan(account, wallet, alipay):
    return planned_debit(account, wallet)


def reach_the_debit(wallet) -> None:
    wallet.move_clock(hours=12)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)


def lost_claim(wallet) -> Claimed:
    """Its worker died with the call perhaps on its way; the wallet has not heard of it when it is asked."""
    reach_the_debit(wallet)
    plan_debits(10)
    [claim] = claim_debits(10)
    wallet.move_clock(minutes=3)
    look_up_due_attempts()
    assert only_attempt().state == "created"
    return claim


def test_a_lost_claim_that_may_not_be_sent_any_more_is_asked_about_before_anything_else(plan, account, wallet):
    """Its first call may still arrive: closed and made anew under another reference, it would be taken twice."""
    lost_claim(wallet)
    account.debtor.holds.create(kind="dispute", blocks=["debit"], reason="not mine", ends_at=now() + timedelta(hours=1))
    debit_due_instalments()
    assert (only_attempt().state, only_attempt().reason) == ("unknown", "on_hold")
    for _half_day in range(10):
        wallet.move_clock(hours=12)
        look_up_due_attempts()
        debit_due_instalments()
    assert Attempt.objects.count() == 1 and wallet.debits() == 0
    assert only_attempt().needs_person, "nobody but a person may say that it never left"


def test_a_lost_claim_that_arrives_after_all_is_posted_although_it_waits_to_be_sent_again(plan, account, wallet):
    claim = lost_claim(wallet)
    answer = run(adapter(claim.provider).charge(claim.request))
    assert apply_result(claim.attempt_id, answer, source="notice").outcome == "applied"
    debit_due_instalments()
    assert only_attempt().state == "succeeded" and wallet.debits() == 1 and balance(account) == 85_000


def test_an_answer_older_than_its_lease_takes_nothing_from_the_worker_that_came_next(plan, account, wallet):
    late = Answered(claim=lost_claim(wallet), reason="not_sent")
    [claim] = claim_debits(10)
    running.settle([late])
    attempt = only_attempt()
    assert (attempt.state, attempt.claimed_until) == ("sending", claim.until)
