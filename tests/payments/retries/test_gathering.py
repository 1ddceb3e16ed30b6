"""What a decision is made of, read from the tables: tries, holds, counters, the card behind the agreement."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.clock import now, today
from payments.debits import debit_due_instalments
from payments.models import Attempt, Instalment, RetryDecision, RetryStatistic
from payments.plans import create_plan
from payments.retries.gathering import gather
from payments.services import mark_noticed
from tests import factories
from tests.payments.debit_rows import numbered
from tests.payments.helpers import EVIDENCE, TERMS, signed_mandate, tell_the_people
from tests.payments.retries.rows import tried
from wallets.models import Mandate, PaymentMethod, Provider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("days_of_the_ladder")]
NO_MONEY = "ACQ.BUYER_BALANCE_NOT_ENOUGH"


def reach_the_debit(account, wallet):
    """A debit about to be sent on the 3rd day, four days before the wallet's window ends."""
    mandate = signed_mandate(account, wallet, first_debit_on=today("Asia/Shanghai") + timedelta(days=7))
    plan = create_plan(account, parts=[(today("Asia/Shanghai") + timedelta(days=3), 40_000)], mandate=mandate)
    wallet.move_clock(hours=9)
    tell_the_people()
    wallet.move_clock(days=3)
    wallet.control.fault("decline", method="alipay.trade.pay", code=NO_MONEY)
    return plan


def teach(provider: Provider, *, usual: int, good_day: int | None = None) -> None:
    """Counters of debits like these: `usual` of 100 tries succeed, on `good_day` nearly all."""
    cluster = {"provider": provider, "reason": "insufficient_funds", "currency": "CNY", "digits": 3}
    slots = {("weekday", slot): usual for slot in range(7)} | {("month_day", slot): usual for slot in range(1, 32)}
    if good_day is not None:
        slots["weekday", good_day] = 98
    RetryStatistic.objects.bulk_create(
        RetryStatistic(**cluster, slot_kind=kind, slot=slot, tries=100, successes=good)
        for (kind, slot), good in slots.items()
    )


def test_a_day_that_was_learned_is_used_and_spends_no_rung(account, wallet, alipay):
    plan = reach_the_debit(account, wallet)
    debit_due_instalments()
    RetryDecision.objects.all().delete()
    first_rung_used = Attempt.objects.get()
    RetryDecision.objects.create(
        attempt=first_rung_used, instalment=plan.instalments.get(), outcome="retry", ladder="declined", rung=0,
        next_at=now(), reason="insufficient_funds",
    )  # fmt: skip
    teach(alipay, usual=20, good_day=(today("Asia/Shanghai") + timedelta(days=2)).weekday())
    Instalment.objects.update(debit_not_before=now())
    wallet.control.fault("decline", method="alipay.trade.pay", code=NO_MONEY)
    debit_due_instalments()
    decision = RetryDecision.objects.order_by("-pk")[0]
    assert decision.rung is None and [one["code"] for one in decision.because] == ["failed", "learned", "left"]
    assert plan.instalments.get().retry_on == today("Asia/Shanghai") + timedelta(days=2)


@pytest.mark.parametrize(("kind", "outcome"), [("vulnerable", "stop"), ("hardship", "stop"), (None, "retry")])
def test_only_people_who_need_it_are_spared_a_hopeless_try(account, wallet, alipay, kind, outcome):
    reach_the_debit(account, wallet)
    teach(alipay, usual=3)
    if kind:
        account.debtor.holds.create(kind=kind, blocks=["contact"], reason="told us")
    debit_due_instalments()
    decision = RetryDecision.objects.get()
    assert decision.outcome == outcome and (decision.reason == "unlikely") == bool(kind)


def test_with_too_little_data_the_model_is_silent(account, wallet, alipay):
    reach_the_debit(account, wallet)
    RetryStatistic.objects.create(
        provider=alipay, reason="insufficient_funds", currency="CNY", digits=3,
        slot_kind="weekday", slot=0, tries=150, successes=150,
    )  # fmt: skip
    debit_due_instalments()
    assert RetryDecision.objects.get().rung == 0


def test_a_card_that_was_declined_four_times_this_month_rests_under_every_agreement(account, wallet, db):
    stripe = Provider.objects.create(key="stripe", name="Stripe", status="vetted", currencies=["CNY"])
    card = PaymentMethod.objects.create(debtor=account.debtor, provider=stripe, token="pm_1")
    other = factories.account(person=account.debtor)
    ours, another = (
        Mandate.objects.create(
            account=owner, provider=stripe, payment_method=card, merchant_reference=f"m{owner.pk}", state="active",
            currency="CNY", cap_minor=50_000, first_debit_on=today(), terms_version=TERMS.version,
            terms_text=TERMS.text, evidence=EVIDENCE, signed_at=now(),
        )
        for owner in (account, other)
    )  # fmt: skip
    row = create_plan(account, parts=[(today(), 20_000)], mandate=ours).instalments.get()
    elsewhere = create_plan(other, parts=[(today(), 20_000)], mandate=another).instalments.get()
    long_ago, failed_at = now() - timedelta(days=40), now() - timedelta(minutes=1)
    for at in (long_ago, now() - timedelta(days=12), now() - timedelta(days=9), now() - timedelta(days=3)):
        _under(another, tried(elsewhere, stripe, at, category="retry_later"))
    failed = _under(ours, tried(row, stripe, failed_at))
    free_at = gather([failed], now())[0].situation.budget.free_at
    assert abs(free_at - (now() + timedelta(days=18))) < timedelta(minutes=1)


def _under(mandate: Mandate, attempt: Attempt) -> Attempt:
    attempt.mandate = mandate
    attempt.save(update_fields=["mandate"])
    return Attempt.objects.select_related("payment__account").get(pk=attempt.pk)


def test_many_failed_debits_are_read_in_as_many_queries_as_one(wallet, alipay):
    failed = []
    for _number in range(4):
        owner = factories.account()
        mandate = Mandate.objects.create(
            account=owner, provider=alipay, merchant_reference=f"m{owner.pk}", state="active", currency="CNY",
            cap_minor=50_000, first_debit_on=today(), terms_version=TERMS.version, terms_text=TERMS.text,
            evidence=EVIDENCE, signed_at=now(),
        )  # fmt: skip
        numbered(mandate, "p")
        row = create_plan(owner, parts=[(today(), 20_000)], mandate=mandate).instalments.get()
        failed.append(_under(mandate, tried(row, alipay, now())))
    gather(failed[:1], now())
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert len(gather(failed[:1], now())) == 1
    with CaptureQueriesContext(connection) as many:
        assert len(gather(failed, now())) == 4
    assert len(many) == len(one) <= 12


def test_a_try_announced_anew_keeps_its_hour(account, wallet, alipay):
    plan = reach_the_debit(account, wallet)
    debit_due_instalments()
    row = plan.instalments.get()
    noon = RetryDecision.objects.get().next_at + timedelta(days=3)
    RetryDecision.objects.update(next_at=noon)
    Instalment.objects.update(state="noticed", retry_on=today("Asia/Shanghai") + timedelta(days=4))
    assert mark_noticed(row.pk, now())
    assert plan.instalments.get().debit_not_before == noon
