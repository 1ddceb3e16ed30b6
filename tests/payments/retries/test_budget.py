"""One budget for our tries, the wallet's own and the caps of the networks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from payments.retries.budget import Try, budget_of
from payments.retries.house import House, limits_of
from wallets.providers.base import RetryRules

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LIMITS = limits_of(RetryRules(network_cap=15, per_card=4), House())


def ago(days: int, *, declined: bool = True, **where: bool) -> Try:
    return Try(at=NOW - timedelta(days=days), declined=declined, **where)


def budget(tries, limits=LIMITS, *, declined: bool = True):
    return budget_of(tries, limits, days=30, declined=declined)


def test_the_first_try_leaves_three_and_the_fourth_none():
    assert budget([ago(0, of_instalment=True)]).left == 3
    assert budget([ago(days, of_instalment=True) for days in range(4)]).left == 0


def test_the_wallets_own_tries_are_part_of_the_same_budget():
    limits = limits_of(RetryRules(own_tries=1), House())
    assert budget([ago(0, of_instalment=True)], limits).left == 1


def test_a_wallet_may_allow_less_than_the_house_but_never_more():
    assert limits_of(RetryRules(per_instalment=2, network_cap=99), House()).instalment == 2
    assert limits_of(RetryRules(per_instalment=9, network_cap=99), House()).network == 15
    assert limits_of(RetryRules(per_instalment=9), House()).instalment == 4


def test_tries_that_were_not_the_debtors_fault_use_up_none_of_theirs():
    tries = [ago(0, declined=False, of_instalment=True, of_mandate=True, of_card=True) for _ in range(10)]
    assert budget(tries, declined=False) == budget([], declined=False)


def test_the_networks_count_those_all_the_same():
    tries = [ago(1, declined=False, of_card=True) for _ in range(15)]
    assert budget(tries, declined=False).free_at == NOW + timedelta(days=29)


def test_a_card_rests_after_four_declined_tries_in_thirty_days_whichever_agreement_they_were_under():
    tries = [ago(days, of_card=True) for days in (1, 5, 9, 20)]
    assert budget(tries).free_at == NOW + timedelta(days=10)
    assert budget(tries[:3]).free_at is None


def test_a_wallet_without_a_card_network_behind_it_knows_no_card_that_rests():
    tries = [ago(days, of_card=True, of_mandate=True) for days in (1, 5, 9, 20)]
    assert budget(tries, limits_of(RetryRules(), House())).free_at is None


@given(st.lists(st.tuples(st.integers(0, 29), st.booleans(), st.booleans(), st.booleans()), max_size=25))
def test_at_the_moment_it_names_no_cap_is_broken(drawn):
    tries = [ago(days, declined=one, of_mandate=two, of_card=three) for days, one, two, three in drawn]
    free = budget(tries).free_at or NOW
    since = free - timedelta(days=30)
    recent = [one for one in tries if one.at > since]
    assert sum(one.of_mandate and one.declined for one in recent) < 8
    assert sum(one.of_card and one.declined for one in recent) < 4
    assert sum(one.of_card for one in recent) < 15
