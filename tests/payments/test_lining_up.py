"""Debits wait in line for their wallet and for the worker: never too many at once, and nobody is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import Money
from payments.debits.claiming import Claimed
from payments.debits.lining_up import WaitingLine
from wallets.models import Provider
from wallets.providers.base import ChargeRequest, MandateSnapshot, MandateState, MandateTerms, PeriodUnit

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TERMS = MandateTerms(
    single_limit=Money(100, "USD"), period_unit=PeriodUnit.DAY, period=30, first_charge_on=MONDAY.date()
)
MANDATE = MandateSnapshot(mandate_ref="m", merchant_ref="M1", state=MandateState.ACTIVE, terms=TERMS)
CHARGE = ChargeRequest(merchant_ref="1", mandate=MANDATE, amount=Money(100, "USD"), subject="", notify_url="")
WALLETS = (1, 2, 3)


@lru_cache
def wallet_at(pk: int) -> Provider:
    return Provider(pk=pk, key=f"wallet{pk}")


def claim(number: int, wallet: int, second: int = 0) -> Claimed:
    return Claimed(
        attempt_id=number, account_id=number, mandate_id=number, provider=wallet_at(wallet),
        request=CHARGE, at=MONDAY + timedelta(seconds=second),
    )  # fmt: skip


@given(
    most=st.integers(1, 6),
    limits=st.fixed_dictionaries({pk: st.integers(1, 4) for pk in WALLETS}),
    arrivals=st.lists(st.tuples(st.sampled_from(sorted(WALLETS)), st.integers(0, 3)), max_size=30),
    leaving=st.randoms(use_true_random=False),
)
def test_everybody_is_called_once_and_never_more_at_a_time_than_there_is_room_for(most, limits, arrivals, leaving):
    line = WaitingLine(most, limits)
    waiting = [claim(number, wallet) for number, (wallet, _batch) in enumerate(arrivals)]
    batches = [[one for one, (_wallet, batch) in zip(waiting, arrivals, strict=True) if batch == at] for at in range(4)]
    under_way: list[Claimed] = []
    called: list[int] = []
    while batches or under_way:
        if batches:
            line.join(batches.pop())
        elif under_way:
            line.left(under_way.pop(leaving.randrange(len(under_way))))
        for one in line.called():
            under_way.append(one)
            called.append(one.attempt_id)
        assert len(under_way) <= most
        assert all(sum(one.provider.pk == pk for one in under_way) <= limit for pk, limit in limits.items())
    assert sorted(called) == [one.attempt_id for one in waiting]


def test_of_two_wallets_the_one_whose_first_has_waited_longest_is_next():
    line = WaitingLine(1, {1: 9, 2: 9})
    line.join([claim(1, 1, second=0), claim(2, 1, second=5), claim(3, 2, second=3)])
    order = []
    for _turn in range(3):
        (one,) = line.called()
        order.append(one.attempt_id)
        line.left(one)
    assert order == [1, 3, 2]


def test_a_wallet_that_is_full_keeps_nobody_from_another():
    line = WaitingLine(9, {1: 1, 2: 1})
    line.join([claim(1, 1), claim(2, 1), claim(3, 2)])
    assert [one.attempt_id for one in line.called()] == [1, 3]


def test_who_was_sent_home_is_not_called():
    line = WaitingLine(1, {1: 1})
    line.join([claim(1, 1), claim(2, 1)])
    (first,) = line.called()
    line.send_home()
    line.left(first)
    assert list(line.called()) == []
