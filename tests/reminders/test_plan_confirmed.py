"""A plan that was agreed is confirmed once: how many parts, the first one, from which wallet or by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import today
from common.heartbeat import beat
from compliance.models import Decision
from payments.models import Plan
from payments.plans import cancel_plan, create_plan
from payments.signals import plan_agreed
from reminders.dispatch.content import compose
from reminders.lost_notices import HEARTBEAT, plan_lost_notices
from reminders.models import Message
from reminders.rendering.languages import LANGUAGES
from reminders.services import dispatch_due
from tests.payments.conftest import alipay, running_wallet, wallet
from tests.payments.helpers import signed_mandate
from tests.payments.test_stopping import proposed
from tests.reminders.test_lost_notices import later
from wallets.services import refresh_mandate, start_mandate

__all__ = ["alipay", "running_wallet", "wallet"]
pytestmark = pytest.mark.django_db(transaction=True)


def parts(account, count=3):
    each = account.balance_minor // count
    return [(today("Asia/Shanghai") + timedelta(days=5 + 30 * number), each) for number in range(count)]


def confirmations() -> list[Message]:
    return list(Message.objects.filter(purpose="plan_confirmed").order_by("pk"))


def test_a_plan_paid_by_hand_is_confirmed_once(outbox, account):
    plan = create_plan(account, parts=parts(account))
    for _again in range(3):
        plan_agreed.send(sender=Plan, plan=plan)
    dispatch_due()
    (mail,) = [one for one in outbox.messages() if "plan" in one["subject"].lower()]
    assert "3 instalments" in mail["subject"] and "You pay each one yourself" in mail["text"]
    (row,) = confirmations()
    assert row.state in ("sent", "delivered") and Decision.objects.filter(source=f"message:{row.pk}").exists()


def test_a_plan_from_a_wallet_is_confirmed_when_its_agreement_is_signed_and_not_before(ready, account, wallet, alipay):
    mandate = proposed(account)
    create_plan(account, parts=parts(account), mandate=mandate)
    assert confirmations() == []
    wallet.sign(start_mandate(mandate, return_url="http://127.0.0.1/back").url)
    for _again in range(2):
        refresh_mandate(mandate)
    (row,) = confirmations()
    for channel in ("email", "sms", "in_app"):
        row.channel = channel
        text = compose(row, account).text
        assert "Alipay" in text and "416.66" in text


def test_a_plan_under_an_agreement_that_was_signed_before_is_confirmed_at_once(ready, account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    create_plan(account, parts=parts(account), mandate=mandate)
    (row,) = confirmations()
    assert "text" not in row.facts


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_and_channel_has_its_words(ready, account, language):
    account.debtor.language = language
    account.debtor.save()
    create_plan(account, parts=parts(account))
    (row,) = confirmations()
    for channel in ("email", "sms", "in_app"):
        row.channel = channel
        assert "416.66" in compose(row, account).text


def test_a_plan_that_ended_before_it_was_confirmed_is_not_confirmed(outbox, account):
    plan = create_plan(account, parts=parts(account))
    cancel_plan(plan, reason="changed my mind")
    for _channel in range(3):
        dispatch_due()
    (row,) = confirmations()
    assert row.state == "blocked" and row.reason.startswith("plan_over") and not outbox.messages()


def test_who_died_before_saying_so_is_made_up_for_once(ready, account, monkeypatch):
    beat(HEARTBEAT)
    monkeypatch.setattr("payments.plans.tell_after_commit", lambda *_args, **_facts: None)
    create_plan(account, parts=parts(account))
    assert confirmations() == []
    later(monkeypatch, minutes=3)
    for _again in range(2):
        plan_lost_notices()
    assert len(confirmations()) == 1
