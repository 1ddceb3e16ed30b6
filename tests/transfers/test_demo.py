"""A fresh machine shows bank transfers that wait for somebody, and shows them once."""

from __future__ import annotations

import pytest

from accounts.models import Creditor
from collections_platform.demo.creditors import CREDITORS
from collections_platform.demo.staff import ensure_staff
from collections_platform.demo.transfers import send_transfers
from payments.models import BankTransfer, Payment
from tests import factories
from tests.transfers.cast import books_are_right

pytestmark = pytest.mark.django_db


def test_one_waits_for_a_second_person_one_is_nobodys_and_one_goes_back():
    demo = next(row for row in CREDITORS if row.code == "harbour")
    creditor = Creditor.objects.create(code=demo.code, name=demo.name, country=demo.country, role=demo.role)
    placed = factories.portfolio(creditor)
    for _number in range(5):
        factories.account(placement=placed, currency=demo.currency, reachable=False)
    ensure_staff(creditor)
    for _twice in range(2):
        send_transfers()
    states = list(BankTransfer.objects.order_by("pk").values_list("state", "owner__role"))
    assert states == [("recorded", None), ("suspense", "agent"), ("to_return", None)]
    assert not Payment.objects.exists() and books_are_right()
