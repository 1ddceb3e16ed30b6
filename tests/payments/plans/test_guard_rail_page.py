"""Lena asks for guard-rails on their page, Ada agrees; the debtor's page then offers what fits."""

from __future__ import annotations

import pytest
from django.urls import reverse

from common.clock import today
from payments.guard_rails import rail_for
from payments.models import PlanRail
from tests import factories
from tests.pages.conftest import plain_ground, signed_in

__all__ = ["plain_ground"]
pytestmark = pytest.mark.django_db


def given(**more):
    return {
        "from_units": 0, "least_units": 50, "most_parts": 6, "longest_days": 300, "down_basis_points": "12.5",
        "beyond": "nobody", "effective_from": today().isoformat(), "reason": "agreed with the bank", "token": "t-1",
        **more,
    }  # fmt: skip


@pytest.fixture
def office(lead):
    return signed_in(lead)


@pytest.fixture
def second(db):
    return signed_in(factories.user(role="admin", email="ada@agency.example", name="Ada Admin"))


def test_asked_twice_is_once_and_it_counts_when_somebody_else_agrees(office, second, account):
    for _time in range(2):
        assert office.post(reverse("guard_rails"), given(creditor=account.creditor_id)).status_code == 302
    row = PlanRail.objects.get()
    decide = reverse("guard_rail_decide", args=[row.reference])
    office.post(decide, {"answer": "yes"})
    assert rail_for(account) is None
    assert "I agree" in second.get(reverse("guard_rails")).content.decode()
    second.post(decide, {"answer": "yes"})
    assert rail_for(account) == row and row.down_basis_points == 1_250
    page = office.get(reverse("guard_rails"), {"change": row.reference}).content.decode()
    assert account.creditor.name in page and "12.50 % down" in page and 'value="12.50"' in page


def test_turned_down_with_a_reason(office, second):
    office.post(reverse("guard_rails"), given())
    decide = reverse("guard_rail_decide", args=[PlanRail.objects.get().reference])
    second.post(decide, {"answer": "no"})
    assert PlanRail.objects.get().state == "requested"
    second.post(decide, {"answer": "no", "note": "too strict"})
    assert PlanRail.objects.get().state == "rejected"


@pytest.mark.parametrize(
    "wrong", [{"most_parts": 0}, {"down_basis_points": "91"}, {"effective_from": "2001-01-01"}, {"reason": ""}]
)
def test_what_makes_no_sense_is_refused_at_its_field(office, wrong):
    assert office.post(reverse("guard_rails"), given(**wrong)).status_code == 422
    assert not PlanRail.objects.exists()
