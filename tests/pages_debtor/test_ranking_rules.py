"""The table of ranking rules: each rule decides between two wallets alike in all that stands above it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.wallet_ranking import RULES, UNPLACED, WAYS, Entrant, Onlooker, handiness, rank
from wallets.models import PaymentMethod, Provider
from wallets.providers.base import Capability, Channel, Descriptor, IdempotencyKind

PHONE, DESKTOP = Channel.PHONE, Channel.DESKTOP
PAGE, PROMPT, CODE, COINS = (
    Capability.REDIRECT,
    Capability.PUSH_PROMPT,
    Capability.QR,
    Capability.DEPOSIT_ADDRESS,
)


def about(*ways: Capability, **fields: object) -> Descriptor:
    facts: dict = {"currencies": frozenset({"CNY"}), **fields}
    return Descriptor(
        key=str(facts.pop("key", "acme")),
        display_name="Acme",
        capabilities=frozenset({Capability.ONE_OFF, *ways}),
        reference_alphabet="abc",
        reference_max_length=8,
        idempotency=IdempotencyKind.NONE,
        **facts,
    )


def wallet(pk: int = 1, *ways: Capability, regions: tuple[str, ...] = (), **fields: object) -> Entrant:
    provider = Provider(pk=pk, key=f"w{pk}", name=f"W{pk}", status="vetted", regions=list(regions), review_due=None)
    return Entrant(provider=provider, descriptor=about(*(ways or (PAGE,))), **fields)


def own(position: int) -> PaymentMethod:
    return PaymentMethod(position=position, created_at=None)


ME = Onlooker(country="CN")
OWN = own(0)
# rule -> (who looks, the wallet that comes first, the one after it)
TABLE = {
    "takes all of what is asked": (ME, wallet(2), wallet(1, whole=False, method=OWN)),
    "is the person's own, in their order": (ME, wallet(2, method=OWN), wallet(1, method=own(1))),
    "answers": (ME, wallet(2), wallet(1, ailing=True)),
    "is the wallet whose browser this is": (replace(ME, app="w2"), wallet(2), wallet(1, regions=("CN",))),
    "was used last": (replace(ME, used=[2, 1]), wallet(2), wallet(1, regions=("CN",))),
    "is at home in their country": (ME, wallet(2, COINS, regions=("CN",)), wallet(1, PAGE)),
    "is handy on this device": (ME, wallet(2, PROMPT), wallet(1, COINS)),
}


def test_the_table_of_examples_has_every_rule_in_its_order():
    assert list(TABLE) == [words for words, _rule in RULES]


@pytest.mark.parametrize("rule", list(TABLE))
def test_each_rule_puts_the_better_wallet_first(rule):
    who, better, worse = TABLE[rule]
    assert rank(who, better) < rank(who, worse)


@pytest.mark.parametrize("place", range(len(RULES)))
def test_each_rule_is_what_decides_its_example(place):
    """Not another one: the two are alike in everything that stands above it."""
    words, _rule = RULES[place]
    who, better, worse = TABLE[words]
    assert rank(who, better)[:place] == rank(who, worse)[:place]
    assert rank(who, better)[place] < rank(who, worse)[place]


@pytest.mark.parametrize(
    ("ways", "phone", "desktop"),
    [((PAGE,), 0, 0), ((PROMPT,), 0, 0), ((CODE,), None, 0), ((PAGE, CODE), 0, 0), ((COINS,), 1, 1), ((), None, None)],
)
def test_what_is_handy_on_a_phone_and_on_a_desktop(ways, phone, desktop):
    assert (handiness(about(*ways), PHONE), handiness(about(*ways), DESKTOP)) == (phone, desktop)


def test_a_wallet_at_home_in_few_countries_comes_before_one_of_many_then_the_worlds_then_strangers():
    few, many = wallet(1, regions=("CN",)), wallet(2, regions=("CN", "US"))
    world, strange = wallet(3), wallet(4, regions=("KE",))
    assert sorted([strange, world, many, few], key=lambda one: rank(ME, one)) == [few, many, world, strange]


entrants = st.builds(
    wallet,
    st.integers(1, 9),
    st.sampled_from([PAGE, PROMPT, CODE, COINS]),
    regions=st.sampled_from([(), ("CN",), ("KE",), ("CN", "US")]),
    ailing=st.booleans(),
    whole=st.booleans(),
    method=st.sampled_from([None, OWN, own(3)]),
)
onlookers = st.builds(
    Onlooker,
    country=st.sampled_from(["CN", "KE", "DE"]),
    channel=st.sampled_from([PHONE, DESKTOP]),
    app=st.sampled_from(["", "w1", "w2"]),
    used=st.lists(st.integers(1, 9), unique=True, max_size=4),
)


@given(onlookers, st.lists(entrants, max_size=8))
@settings(max_examples=200, deadline=None)
def test_whoever_takes_it_whole_comes_first_and_of_those_the_persons_own(who, some):
    ranked = sorted(some, key=lambda one: rank(who, one))
    assert [one.whole for one in ranked] == sorted((one.whole for one in some), reverse=True)
    for whole in (True, False):
        own = [one.method is not None for one in ranked if one.whole is whole]
        assert own == sorted(own, reverse=True)


@given(onlookers, entrants)
def test_a_rank_is_made_of_whole_numbers_and_one_for_each_rule(who, one):
    assert len(rank(who, one)) == len(RULES) and all(type(part) is int for part in rank(who, one))
    assert all(0 <= part <= UNPLACED + 1 for part in rank(who, one))


def test_every_way_a_screen_can_be_paid_on_is_known_for_every_screen_we_tell_apart():
    assert set(WAYS) == {PHONE, DESKTOP}
