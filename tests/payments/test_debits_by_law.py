"""A debit answers to the policy packs too: without a law nothing is taken, and what a pack forbids says why."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import Hold
from common.clock import now
from compliance.debits import Debit, DebitLaw, read_law
from compliance.models import Decision, PolicyPack
from payments.debits import debit_due_instalments
from payments.models import Attempt, Instalment, RetryDecision
from payments.words import reason_words
from tests import factories
from tests.payments.helpers import planned_debit, tell_the_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan(account, wallet, alipay):
    plan = planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)
    return plan


def first(plan) -> Instalment:
    return plan.instalments.get(number=1)


def enact(rule, version="1"):
    whole = {"strength": "law", "scope": {"roles": "all", "rails": "all"}, **rule}
    head = {"id": "trial", "version": version, "jurisdiction": {"country": "CN"}}
    factories.in_force({"schema": "policy-pack/1", "pack": head, "rules": [whole]})


def test_a_debit_that_no_rule_forbids_is_made(plan, wallet):
    debit_due_instalments()
    assert wallet.debits() == 1
    assert not Decision.objects.exists()


def test_where_no_pack_is_in_force_nothing_is_debited_and_the_reason_is_kept(plan, wallet):
    PolicyPack.objects.filter(pack_id="cn").delete()
    debit_due_instalments()
    row = first(plan)
    assert wallet.debits() == 0 and not Attempt.objects.exists()
    assert row.last_reason == "not_covered" and "signed off" in str(reason_words("not_covered"))
    decision = Decision.objects.get()
    assert (decision.action, decision.verdict, decision.rules) == ("debit", "review", ["not_covered"])


def test_hardship_that_leaves_contact_and_debit_open_for_us_stops_the_debit_where_a_law_says_so(plan, account, wallet):
    Hold.objects.create(
        debtor=account.debtor, kind="hardship", blocks=["interest"], reason="lost work", starts_at=now()
    )
    enact({
        "id": "NO-DEBIT-IN-HARDSHIP", "type": "freeze", "scope": {"roles": "all"},
        "params": {
            "trigger": "evidence_of_financial_difficulty", "over": "mandate", "blocks": ["debit"], "until": "better",
        },
    })  # fmt: skip
    debit_due_instalments()
    assert wallet.debits() == 0 and first(plan).last_reason == "law"
    decision = Decision.objects.get()
    assert (decision.verdict, decision.rules) == ("block", ["NO-DEBIT-IN-HARDSHIP"])
    assert "trial 1" in decision.packs and decision.reasons[0]["rule"] == "NO-DEBIT-IN-HARDSHIP"


def test_a_rule_that_comes_into_force_between_planning_and_sending_stops_the_debit(plan, account, wallet):
    from payments.debits.planning import plan_debits

    assert plan_debits(10).created == 1
    enact({"id": "FULL-STOP", "type": "mandate", "params": {"requires": ["three_party_agreement"]}})
    debit_due_instalments()
    assert wallet.debits() == 0
    assert Attempt.objects.get().reason == "law"


def test_a_longer_notice_than_ours_is_waited_for(plan, account, wallet):
    told = first(plan).notice_sent_at
    enact({"id": "TWENTY", "type": "prenotice",
           "params": {"when": "always", "lead": {"n": 200, "unit": "hours"}, "fields": ["amount"]}})  # fmt: skip
    debit_due_instalments()
    row = first(plan)
    assert wallet.debits() == 0 and row.last_reason == "law"
    assert (row.debit_not_before - told).total_seconds() == 200 * 3600


def test_two_tries_are_three_days_apart_as_the_houses_pack_says_and_the_person_is_told_that_day(plan, account, wallet):
    wallet.control.fault("decline", method="alipay.trade.pay", code="ACQ.BUYER_BALANCE_NOT_ENOUGH")
    debit_due_instalments()
    decision, tried = RetryDecision.objects.get(), Attempt.objects.get()
    assert decision.outcome == "stop" or decision.next_at >= tried.created_at + timedelta(hours=72)
    Instalment.objects.filter(pk=first(plan).pk).update(state="noticed", debit_not_before=now())
    debit_due_instalments()
    assert Attempt.objects.count() == 1 and first(plan).last_reason == "law"
    assert first(plan).debit_not_before == tried.created_at + timedelta(hours=72)


def test_one_persons_old_debt_does_not_answer_for_anothers_young_one(plan, account):
    of_the_old = {"roles": "all", "rails": "all", "if": "more_than_30_days_past_due"}
    enact({"id": "OLD", "type": "mandate", "scope": of_the_old, "params": {"requires": ["a_new_signature"]}})
    young = factories.account(days_overdue=5)
    law = read_law([account, young], at=now())
    told = {one.pk: law.refusal(debit_of(one)) for one in (account, young)}
    assert account.days_past_due(now().date()) > 30
    assert told[account.pk] is not None and told[young.pk] is None


def debit_of(account) -> Debit:
    return Debit(
        account=account, instalment="instalment:1", plan="1", mandate="1", rails=frozenset({"alipay", "wallet"}),
        amount=Decimal(1), agreed=Decimal(1), told_at=now(),
    )  # fmt: skip


def test_the_same_question_is_worked_out_once_for_a_class(plan, account, monkeypatch):
    asked = []
    judged = DebitLaw._judged
    monkeypatch.setattr(DebitLaw, "_judged", lambda law, *given: asked.append(1) or judged(law, *given))
    from payments.debits.planning import _due
    from payments.debits.world import read_world

    rows = list(_due(now()).select_related("plan"))
    world = read_world(now(), {account.pk: account}, [row.plan.mandate_id for row in rows])
    mandate = world.mandates[rows[0].plan.mandate_id]
    works = world.wallets[mandate.provider_id].works
    debits = [world.candidate(row, account, mandate, works) for row in rows * 20]
    assert {debit.forbidden for debit in debits} == {None} and len(asked) == 1
