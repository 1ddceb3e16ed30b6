"""What became known late: recorded on a page, agreed to by a second person, told on the account's page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from common.clock import today
from payments.accrual.posting import accrue_day
from payments.models import AccountFact, InterestTerms
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang(db):
    InterestTerms.objects.create(effective_from=date(2020, 1, 1), yearly_basis_points=1000, runs_from="due_date")
    row = factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)
    accrue_day()
    return row


def test_a_pause_is_recorded_and_the_account_page_tells_what_it_changed(wang, agent, sign_in, installed):
    client, url = sign_in(agent), reverse("account_correction", args=[wang.reference])
    first = (today() - timedelta(days=20)).isoformat()
    last = (today() - timedelta(days=11)).isoformat()
    said = {"kind": "pause", "on": first, "until": last, "amount": "0", "reason": "in hospital", "token": "a" * 32}
    assert client.post(url, said)["Location"] == url
    wang.refresh_from_db()
    assert wang.interest_minor == 3_000
    page = client.get(reverse("account_page", args=[wang.reference])).content.decode()
    assert "How this balance came about" in page
    assert "What changed, and why" in page
    assert "in hospital" in client.get(url).content.decode()


def test_a_large_fee_waits_on_the_page_until_a_second_person_agrees(wang, agent, lead, sign_in, installed):
    url = reverse("account_correction", args=[wang.reference])
    said = {"kind": "fee", "on": today().isoformat(), "component": "costs", "amount": "250", "reason": "court"}
    sign_in(agent).post(url, said | {"token": "b" * 32})
    wang.refresh_from_db()
    assert wang.costs_minor == 0
    fact = AccountFact.objects.get()
    decide = reverse("account_correction_decide", args=[wang.reference])
    assert sign_in(agent).post(decide, {"fact": fact.pk, "answer": "yes"}).status_code == 403
    sign_in(lead).post(decide, {"fact": fact.pk, "answer": "yes"})
    wang.refresh_from_db()
    assert wang.costs_minor == 25_000


def test_what_is_missing_is_said_on_the_form(wang, agent, sign_in, installed):
    url = reverse("account_correction", args=[wang.reference])
    said = {"kind": "payment_date", "on": today().isoformat(), "amount": "0", "reason": "bank", "token": "c" * 32}
    answer = sign_in(agent).post(url, said)
    assert answer.status_code == 422
    assert "entry" in answer.context["form"].errors
    assert not AccountFact.objects.exists()
