"""What to do next, and why: the most pressing step first, a call only when the gate allows one, and one key for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import HardshipCase, Hold, WorkLease
from accounts.next_action import next_action
from accounts.services import place_hold
from accounts.work_leases import lease
from common.clock import now, real_now, today
from payments.models import Attempt, Payment
from payments.promises.quiet import leave_in_peace
from reminders.models import CallTask, Conversation
from tests import factories
from tests.pages.conftest import signed_in
from wallets.models import Provider

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")


def stuck_payment(account) -> Payment:
    provider, _new = Provider.objects.get_or_create(key="alipay", defaults={"name": "Alipay", "status": "vetted"})
    payment = Payment.objects.create(account=account, amount_minor=5, currency="CNY", source="link", state="open")
    Attempt.objects.create(
        payment=payment, provider=provider, merchant_reference="m1", amount_minor=5, currency="CNY", state="unknown",
        needs_person=True,
    )  # fmt: skip
    return payment


def test_an_account_without_anything_else_is_called_when_calls_are_allowed(account):
    advice = next_action(account)
    assert (str(advice.words), advice.href) == ("Call them", reverse("account_call", args=[account.reference]))


def test_each_more_pressing_thing_comes_before_the_one_below_it(account, agent):
    CallTask.objects.create(
        account=account, debtor=account.debtor, purpose="overdue_friendly", not_before=now(), expires_at=now()
    )
    assert next_action(account).words == "Make the call that is due"
    Conversation.objects.create(debtor=account.debtor, state="waiting", waiting_since=now())
    assert next_action(account).words == "Answer their message"
    place_hold(account, kind="dispute", reason="says it is paid", by=agent)
    assert next_action(account).words == "Do not contact them."
    Hold.objects.update(review_on=today())
    assert next_action(account).words == "Review the hold"
    HardshipCase.objects.create(account=account, debtor=account.debtor)
    assert next_action(account).words == "Answer about their hard times"
    stuck_payment(account)
    assert next_action(account).words == "Decide about a payment"


def test_somebody_left_in_peace_is_left_until_then(account):
    until = now() + timedelta(days=2)
    leave_in_peace(account, until=until, reason="Promised to pay by then.")
    advice = next_action(account)
    assert (advice.until, advice.why, advice.href) == (until, "Promised to pay by then.", "")


def test_where_nothing_is_owed_nothing_is_done(account):
    account.status = "closed"
    assert next_action(account).words == "Nothing to do."


def test_the_page_proposes_it_and_one_press_begins_the_call(account, agent):
    client = signed_in(agent)
    html = client.get(reverse("account_page", args=[account.reference])).content.decode()
    assert "Best next step" in html
    assert f'action="{reverse("account_call", args=[account.reference])}"' in html
    answer = client.post(reverse("account_call", args=[account.reference]))
    task = CallTask.objects.get()
    assert answer["Location"] == reverse("call_page", args=[task.pk])
    assert (task.state, task.agent, task.tries) == ("calling", agent, 1)
    client.post(reverse("account_call", args=[account.reference]))
    assert CallTask.objects.count() == 1


def test_a_call_the_rules_forbid_is_not_begun_and_says_why(account, agent):
    place_hold(account, kind="cease", reason="asked us", by=agent)
    client = signed_in(agent)
    answer = client.post(reverse("account_call", args=[account.reference]), follow=True)
    assert CallTask.objects.get().state == "cancelled"
    assert "Not now." in answer.content.decode()


def test_how_the_call_ended_gives_the_account_out_of_ones_hands(account, agent):
    lease(account, agent)
    client = signed_in(agent)
    client.post(reverse("account_call", args=[account.reference]))
    client.post(reverse("call_page", args=[CallTask.objects.get().pk]), {"outcome": "spoke", "token": "t"})
    assert CallTask.objects.get().outcome == "spoke"
    assert WorkLease.objects.get().until <= real_now()


def test_the_gauge_says_of_every_way_whether_from_when_or_why_not(account, agent):
    html = signed_in(agent).get(reverse("account_page", args=[account.reference])).content.decode()
    for words in ("Call", "Text message", "E-mail", "Letter", "In the app", "yes, now"):
        assert words in html


def test_another_persons_colleague_is_still_on_the_phone(account, agent):
    other = factories.user()
    signed_in(agent).post(reverse("account_call", args=[account.reference]))
    signed_in(other).post(reverse("account_call", args=[account.reference]))
    assert CallTask.objects.get().agent == agent
