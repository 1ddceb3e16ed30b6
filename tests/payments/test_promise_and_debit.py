"""A promise defers what asks for money. What was agreed to be taken is taken, and counts for the promise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import today
from payments.debits import debit_due_instalments
from payments.models import Instalment, Promise
from payments.plans import create_plan
from tests.payments.helpers import balance, signed_mandate, tell_the_people
from tests.promises.cast import promised

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_agreed_debit_goes_on_under_a_promise_and_counts_for_it(account, wallet, alipay):
    begin = today("Asia/Shanghai")
    mandate = signed_mandate(account, wallet, first_debit_on=begin + timedelta(days=3))
    create_plan(account, parts=[(begin + timedelta(days=3), 40_000)], mandate=mandate)
    promised(account, (6, 40_000), source="debtor")
    wallet.move_clock(hours=9)
    tell_the_people()
    wallet.move_clock(days=3)
    assert debit_due_instalments().settled == 1
    assert Instalment.objects.get().state == "paid" and balance(account) == 85_000
    assert Promise.objects.get().state == "kept"
