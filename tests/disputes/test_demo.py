"""The demo shows disputes in every state."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from collections_platform.demo.disputes import STORIES, tell_disputes
from collections_platform.demo.staff import ensure_staff
from payments.disputes.words import standing
from payments.models import DebtDispute
from tests import factories
from tests.disputes.cast import said

pytestmark = pytest.mark.django_db


def test_every_state_is_told_once_and_the_ledger_agrees():
    bank = factories.creditor()
    ensure_staff(bank)
    place = factories.portfolio(bank)
    for number in range(STORIES):
        person = factories.debtor(bank)
        said(factories.account(person=person, placement=place, balance_minor=2_000_000 - number * 10_000))
    tell_disputes()
    shown = {str(standing(row)[2]) for row in DebtDispute.objects.all()}
    assert shown == {
        "new", "waits for the person", "late", "waits for a second person", "they were right", "right in part",
        "turned down", "taken back",
    }  # fmt: skip
    call_command("check_ledger")
    before = list(DebtDispute.objects.order_by("pk").values_list("state", "outcome"))
    tell_disputes()
    assert list(DebtDispute.objects.order_by("pk").values_list("state", "outcome")) == before
