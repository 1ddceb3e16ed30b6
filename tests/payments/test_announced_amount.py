"""No debit takes more than people were told; what has changed since is announced anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common.clock import now
from payments.debits import debit_due_instalments
from payments.debits.law import read_debit_law
from payments.debits.preconditions import Candidate, refusal
from payments.debits.standing import standing_of
from payments.models import Instalment
from tests.payments.helpers import balance, kinds, open_page, planned_debit, tell_the_people
from wallets.gateway import adapter
from wallets.providers.base import Capability

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan(account, wallet, alipay):
    return planned_debit(account, wallet)


def first(plan) -> Instalment:
    return plan.instalments.get(number=1)


def reach_the_debit(wallet) -> None:
    wallet.move_clock(hours=12)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)


def test_the_notice_keeps_the_amount_that_was_told(plan, account, wallet):
    reach_the_debit(wallet)
    assert first(plan).announced_minor == 40_000


def test_more_than_was_told_is_never_taken_but_announced_anew(plan, account, wallet):
    Instalment.objects.filter(pk=first(plan).pk).update(paid_minor=15_000)
    reach_the_debit(wallet)
    assert first(plan).announced_minor == 25_000
    Instalment.objects.filter(pk=first(plan).pk).update(paid_minor=0)
    debit_due_instalments()
    row = first(plan)
    assert wallet.debits() == 0 and (row.state, row.last_reason) == ("scheduled", "more_than_announced")
    assert row.announced_minor is None and row.notice_round == 1 and "debit.called_off" in kinds(account)
    assert tell_the_people() == 1 and first(plan).announced_minor == 40_000


def test_less_than_was_told_is_taken_where_the_wallet_allows_it(plan, account, wallet):
    reach_the_debit(wallet)
    wallet.pay(open_page(account, 100_000).action.url)
    wallet.deliver(2)
    Instalment.objects.filter(pk=first(plan).pk).update(paid_minor=0, state="noticed")
    debit_due_instalments()
    assert balance(account) == 0 and wallet.debits() == 2


@pytest.mark.parametrize(("paid", "why"), [(0, ""), (10_000, "amount_changed")])
def test_a_wallet_of_constant_amounts_takes_exactly_what_was_told(plan, account, wallet, paid, why):
    reach_the_debit(wallet)
    constant = adapter(plan.mandate.provider)
    known = constant.descriptor
    constant.descriptor = replace(known, capabilities=known.capabilities - {Capability.VARIABLE_AMOUNT})
    row = first(plan)
    row.paid_minor = paid
    account.refresh_from_db()
    moment = now()
    debit = Candidate(
        account=account,
        instalment=row,
        mandate=plan.mandate,
        standing=standing_of(plan.mandate, {}),
        wallet=constant,
        on_hold=False,
        at=moment,
        law=read_debit_law(moment, [account], []),
    )
    assert refusal(debit) == why
