"""Paused or ended: what is queued under an agreement stops in the same moment, and goes on only when told anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from common.clock import now, today
from common.errors import Conflict
from common.money import Money
from payments.debits import debit_due_instalments, notice_due_debits, running, sending
from payments.debits.claiming import claim_debits
from payments.debits.planning import plan_debits
from payments.models import Attempt, Instalment, Plan
from payments.plans import create_plan
from reminders.models import Message
from tests.payments.helpers import EVIDENCE, TERMS, kinds, planned_debit, signed_mandate, tell_the_people
from wallets.models import Mandate, PaymentMethod
from wallets.providers.base import MandateResult, MandateState
from wallets.services import (
    apply_mandate_result,
    link_method,
    move_method,
    pause_mandate,
    propose_mandate,
    refresh_mandate,
    remove_method,
    rename_method,
    resume_mandate,
    revoke_mandate,
    start_mandate,
    sweep_mandates,
)

pytestmark = pytest.mark.django_db(transaction=True)
BACK = "http://127.0.0.1/back"


@pytest.fixture
def plan(account, wallet, alipay):
    return planned_debit(account, wallet)


def first(plan: Plan) -> Instalment:
    return plan.instalments.get(number=1)


def reach_the_debit(wallet) -> None:
    """Two and a half days on, told; then on to the morning of the due day."""
    wallet.move_clock(hours=10)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)


def queued(wallet) -> Attempt:
    """A debit that is planned, and not sent yet."""
    reach_the_debit(wallet)
    assert plan_debits(10).created == 1
    return Attempt.objects.get()


@pytest.mark.parametrize("stop", [pause_mandate, revoke_mandate])
def test_a_queued_debit_is_closed_in_the_moment_its_agreement_stops(plan, account, wallet, stop):
    attempt = queued(wallet)
    stop(plan.mandate, reason="asked for")
    attempt.refresh_from_db()
    row = first(plan)
    assert (attempt.state, attempt.reason) == ("closed", "mandate_stopped")
    assert (row.state, row.notice_round, row.notice_sent_at) == ("scheduled", 1, None)
    debit_due_instalments()
    assert wallet.debits() == 0 and "debit.called_off" in kinds(account)


def test_a_claimed_debit_that_waited_for_its_turn_is_looked_at_anew(plan, account, wallet, monkeypatch):
    """Between the claim and its turn the agreement may end: what waited is not sent on the strength of that claim."""
    queued(wallet)
    with monkeypatch.context() as slow:
        slow.setattr(sending, "LONGEST_WAIT", timedelta(seconds=-1))
        with running.Network() as calls:
            calls.send(claim_debits(10))
            running.settle(calls.take(most=10, patience=60))
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.reason, wallet.debits()) == ("created", "waited", 0)
    revoke_mandate(plan.mandate, reason="no more")
    debit_due_instalments()
    attempt.refresh_from_db()
    assert attempt.state == "closed" and wallet.debits() == 0


def test_a_claimed_debit_that_waited_is_made_once_when_nothing_changed(plan, account, wallet, monkeypatch):
    queued(wallet)
    with monkeypatch.context() as slow:
        slow.setattr(sending, "LONGEST_WAIT", timedelta(seconds=-1))
        with running.Network() as calls:
            calls.send(claim_debits(10))
            running.settle(calls.take(most=10, patience=60))
    debit_due_instalments()
    assert Attempt.objects.get().state == "succeeded" and wallet.debits() == 1


def test_a_notice_that_waits_to_be_sent_is_withdrawn(plan, account, wallet):
    wallet.move_clock(hours=10)
    notice_due_debits()
    from reminders.planning import plan_debit_notices

    assert plan_debit_notices() == 1
    pause_mandate(plan.mandate, reason="asked for")
    assert Message.objects.get(purpose="pre_debit_notice").state == "cancelled"


def test_after_a_pause_the_debit_is_announced_anew_and_then_made_once(plan, account, wallet):
    reach_the_debit(wallet)
    pause_mandate(plan.mandate, reason="asked for")
    assert not pause_mandate(plan.mandate, reason="again")
    assert resume_mandate(plan.mandate) and not resume_mandate(plan.mandate)
    debit_due_instalments()
    assert wallet.debits() == 0
    assert tell_the_people() == 1
    assert first(plan).notice_sent_at is not None
    assert kinds(account).count("mandate.paused") == kinds(account).count("mandate.resumed") == 1


def test_no_answer_of_the_wallet_lifts_a_persons_pause(plan, wallet):
    pause_mandate(plan.mandate, reason="asked for")
    assert refresh_mandate(plan.mandate).state == "paused"
    said = MandateResult(state=MandateState.ACTIVE, mandate_ref=plan.mandate.provider_reference)
    assert not apply_mandate_result(plan.mandate.pk, said, source="notice")


def test_what_the_wallet_paused_the_wallet_lets_go_on(plan, wallet):
    mandate = plan.mandate
    for state in (MandateState.PAUSED, MandateState.ACTIVE):
        said = MandateResult(state=state, mandate_ref=mandate.provider_reference)
        assert apply_mandate_result(mandate.pk, said, source="notice")
        mandate.refresh_from_db()
        assert mandate.state == state.value
    assert mandate.paused_by == ""


def test_only_the_side_that_paused_may_resume(plan, agent):
    pause_mandate(plan.mandate, reason="asked for")
    with pytest.raises(Conflict):
        resume_mandate(plan.mandate, by=agent)
    resume_mandate(plan.mandate)
    pause_mandate(plan.mandate, by=agent, reason="hard times")
    with pytest.raises(Conflict):
        resume_mandate(plan.mandate)
    assert resume_mandate(plan.mandate, by=agent)


def test_a_paused_mandate_without_an_author_is_refused_by_the_database(plan):
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.filter(pk=plan.mandate_id).update(state="paused")


def test_a_period_that_had_its_debit_gets_no_second_one_even_if_the_wallet_would_allow_it(plan, account, wallet):
    reach_the_debit(wallet)
    assert debit_due_instalments().settled == 1
    second = plan.instalments.get(number=2)
    Instalment.objects.filter(pk=second.pk).update(
        state="noticed",
        due_on=today("Asia/Shanghai"),
        notice_sent_at=now() - timedelta(days=2),
        debit_not_before=now(),
        amount_minor=10_000,
    )
    debit_due_instalments()
    second.refresh_from_db()
    assert second.last_reason == "period_used" and wallet.debits() == 1
    assert second.debit_not_before > now() + timedelta(days=25)


def test_an_agreement_that_ran_out_in_silence_is_found_by_the_daily_sweep(plan, account, wallet):
    wallet.control.user("expire", agreement_no=plan.mandate.provider_reference)
    assert sweep_mandates() == 0
    wallet.move_clock(hours=25)
    assert sweep_mandates() == 1 and sweep_mandates() == 0
    plan.mandate.refresh_from_db()
    assert plan.mandate.state in ("expired", "revoked") and plan.mandate.ended_at


def proposed(account, **evidence: str) -> Mandate:
    return propose_mandate(
        account,
        "alipay",
        cap=Money(50_000, "CNY"),
        first_debit_on=today("Asia/Shanghai") + timedelta(days=10),
        evidence={**EVIDENCE, **evidence},
        terms=TERMS,
    )


def test_a_plan_whose_agreement_nobody_signs_ends_after_two_days(account, wallet, alipay):
    mandate = proposed(account)
    plan = create_plan(account, parts=[(mandate.first_debit_on, account.balance_minor)], mandate=mandate)
    wallet.move_clock(hours=25)
    sweep_mandates()
    plan.refresh_from_db()
    assert plan.state == "active"
    wallet.move_clock(hours=25)
    sweep_mandates()
    plan.refresh_from_db()
    mandate.refresh_from_db()
    assert (plan.state, mandate.state) == ("cancelled", "revoked")


def test_a_live_plan_gets_its_agreement_when_that_is_signed_and_not_before(account, wallet, alipay):
    plan = create_plan(account, parts=[(today() + timedelta(days=10), account.balance_minor)])
    mandate = proposed(account, plan=str(plan.pk))
    page = start_mandate(mandate, return_url=BACK)
    plan.refresh_from_db()
    assert plan.mandate is None
    wallet.sign(page.url)
    refresh_mandate(mandate)
    plan.refresh_from_db()
    assert plan.mandate == mandate and plan.state == "active"


def test_an_unsigned_agreement_leaves_the_plan_that_was_there_alone(account, wallet, alipay):
    plan = create_plan(account, parts=[(today() + timedelta(days=10), account.balance_minor)])
    revoke_mandate(proposed(account, plan=str(plan.pk)), reason="changed my mind")
    plan.refresh_from_db()
    assert plan.state == "active"


def test_the_debtor_gets_a_copy_of_what_was_signed_once(account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    refresh_mandate(mandate)
    copy = Message.objects.get(purpose="agreement_copy")
    assert copy.facts == {"mandate": mandate.pk}
    from reminders.dispatch.content import compose

    for channel in ("email", "sms", "in_app"):
        copy.channel = channel
        content = compose(copy, account)
        assert channel == "sms" or "You can end this at any time." in content.text


def test_signing_links_the_wallet_once_and_removing_it_ends_its_agreements(account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    method = PaymentMethod.objects.get()
    assert mandate.payment_method == method and method.debtor_id == account.debtor_id
    assert remove_method(method) and not remove_method(method)
    mandate.refresh_from_db()
    assert mandate.state == "revoked" and PaymentMethod.objects.get().token == ""
    assert kinds(account).count("wallet.linked") == 1
    signed_mandate(account, wallet)
    assert PaymentMethod.objects.filter(removed_at=None).count() == 1


def test_wallets_are_named_and_put_in_order(account, alipay):
    one, two = (link_method(account, alipay, token=token, origin="payment") for token in ("a", "b"))
    assert link_method(account, alipay, token="a", origin="payment") == one
    rename_method(two, "  My   phone ")
    assert move_method(two, up=True) and not move_method(two, up=True)
    order = PaymentMethod.objects.filter(debtor=account.debtor).values_list("label", flat=True)
    assert list(order) == ["My phone", ""]


def test_the_database_links_the_same_wallet_once(account, alipay):
    link_method(account, alipay, token="a", origin="payment")
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentMethod.objects.create(debtor=account.debtor, provider=alipay, token="a")
