"""A fresh machine shows each kind of end, one that waits, and one paid after it was given up."""

from __future__ import annotations

import pytest

from collections_platform.demo.ends import ENDS, end_some
from collections_platform.demo.staff import ensure_staff
from payments.ledger import checks
from payments.models import AccountMove
from tests import factories

pytestmark = pytest.mark.django_db


def test_each_kind_has_an_account():
    harbour = factories.creditor(code="harbour")
    ensure_staff(harbour)
    placement = factories.portfolio(harbour)
    for _each in range(40 + len(ENDS)):
        factories.account(placement=placement, reachable=False)
    for _twice in range(2):
        end_some()
    states = list(AccountMove.objects.order_by("pk").values_list("kind", "state"))
    assert states == [(kind, "done") for kind, _reason, _why in ENDS[:-1]] + [("write_off", "asked")]
    assert AccountMove.objects.first().account.payments.count() == 1 and checks.drifted_accounts() == []
