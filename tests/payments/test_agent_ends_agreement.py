"""An agent ends a person's agreement: from that moment nothing is debited, and the record says who and why."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Event
from payments.debits import debit_due_instalments
from payments.debits.planning import plan_debits
from payments.models import Attempt, Payment
from tests import factories
from tests.pages.conftest import signed_in
from tests.payments.helpers import balance, kinds, only_attempt, planned_debit, tell_the_people
from wallets.models import Mandate
from wallets.services import tell_providers_of_endings

WHY = "Wang Fang asked us on the phone to stop"


@pytest.fixture
def desk(agent, settings) -> Client:
    """Alice Agent, signed in with her second factor."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    return signed_in(agent)


@pytest.fixture
def queued(account, wallet, alipay) -> Mandate:
    """An agreement with a debit that was announced, has come due and is queued, but has not gone out."""
    plan = planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)
    assert plan_debits(10).created == 1 and only_attempt().state == "created"
    return plan.mandate


def end_page(account) -> str:
    return reverse("mandate_change", args=[account.reference, "end"])


def test_ending_it_takes_effect_at_once_on_a_queued_debit(desk, agent, account, queued, wallet):
    owed, page = balance(account), desk.get(end_page(account)).content.decode()
    assert "End the automatic payments?" in page and "Nothing is debited from this moment" in page
    answer = desk.post(end_page(account), {"reason": WHY})
    assert answer.status_code == 302 and answer["Location"] == reverse("account_page", args=[account.reference])
    queued.refresh_from_db()
    assert (queued.state, queued.state_reason) == ("revoked", WHY) and queued.ended_at
    assert only_attempt().state == "closed" and Payment.objects.get().state == "cancelled"
    assert debit_due_instalments().sent == 0 and Attempt.objects.count() == 1
    assert wallet.debits() == 0 and balance(account) == owed
    assert tell_providers_of_endings() == 1


def test_the_record_says_who_ended_it_and_why(desk, agent, account, queued):
    desk.post(end_page(account), {"reason": WHY})
    event = Event.objects.get(account=account, kind="mandate.revoked")
    assert (event.actor, event.source) == (agent, "user")
    assert (event.data["reason"], event.data["mandate"]) == (WHY, queued.reference)
    page = desk.get(reverse("account_page", args=[account.reference])).content.decode()
    assert WHY in page and agent.name in page


def test_without_a_reason_nothing_ends(desk, account, queued):
    answer = desk.post(end_page(account), {"reason": " "})
    assert answer.status_code == 200 and "This field is required" in answer.content.decode()
    queued.refresh_from_db()
    assert queued.state == "active" and "mandate.revoked" not in kinds(account)


def test_a_form_that_comes_twice_ends_it_once(desk, account, queued):
    first, second = (desk.post(end_page(account), {"reason": WHY}) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 404)
    assert kinds(account).count("mandate.revoked") == 1


def test_a_creditors_user_may_not_end_it(account, queued):
    theirs = factories.user(role="creditor", email="ben@bank.example", name="Ben Bank", creditor=account.creditor)
    answer = signed_in(theirs).post(end_page(account), {"reason": WHY})
    queued.refresh_from_db()
    assert answer.status_code in (403, 404) and queued.state == "active"
