"""Lena sets the limits of Harbour Bank; everybody else keeps those of the house."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Event
from common.errors import InvalidInput
from payments.promises.rules import rule_for
from tests import factories
from tests.pages.conftest import plain_ground, signed_in
from tests.promises.cast import promised

__all__ = ["plain_ground"]
GIVEN = {
    "longest_days": 14, "least_units": 50, "tolerance_basis_points": "2.5", "tolerance_minor": 0, "grace_days": 2,
    "most_broken": 3,
}  # fmt: skip


@pytest.fixture
def office(lead):
    return signed_in(lead)


def test_a_creditors_own_hold_for_it_alone_and_the_same_form_again_is_harmless(office, account, agent):
    for _time in range(2):
        answer = office.post(reverse("promise_limits"), {"creditor": account.creditor_id, **GIVEN})
        assert answer.status_code == 302
    own, house = rule_for(account.creditor), rule_for(factories.creditor(name="Other Bank"))
    assert (own.longest_days, own.tolerance_basis_points, own.grace_days) == (14, 250, 2)
    assert (house.longest_days, house.tolerance_basis_points) == (31, 100)
    assert Event.objects.filter(kind="promise_rule.changed").count() == 1
    with pytest.raises(InvalidInput):
        promised(account, (15, 50_000), by=agent)
    assert promised(account, (14, 50_000), by=agent).grace_days == 2
    page = office.get(reverse("promise_limits"), {"change": account.creditor_id}).content.decode()
    assert account.creditor.name in page and 'value="2.50"' in page


@pytest.mark.parametrize("wrong", [{"longest_days": 0}, {"grace_days": 31}, {"tolerance_basis_points": "51"}])
def test_what_makes_no_sense_is_refused_at_its_field(office, wrong):
    answer = office.post(reverse("promise_limits"), {**GIVEN, **wrong})
    assert answer.status_code == 422 and rule_for(None).pk is None
