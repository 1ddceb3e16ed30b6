"""A chain's books of a UTC day: its own final transfers to our addresses, once, at the quoted rate."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from common.http import NotSent
from common.money import Money
from tests.wallets.test_usdt_scanning import ADDRESSES, REFERENCES, STRANGER, SWEEPER, watch
from tests.wallets.usdt_node import FINALITY, MemoryNode
from wallets.providers.usdt.quoting import Terms, write_terms
from wallets.providers.usdt.statement import statement
from wallets.providers.usdt_eth.rpc import Node
from wallets.providers.watching import Watch

DAY = date(2026, 9, 22)
OPENS = datetime(2026, 9, 22, tzinfo=UTC)
SECOND = timedelta(seconds=1)
A_DAY = timedelta(days=1)


@pytest.fixture
def node():
    return MemoryNode()


def mined(node, moment, *transfers):
    node.mine(*transfers)
    node.blocks[-1].time = int(moment.timestamp())


def days_later(node, days: int = 2):
    """So many blocks that the day is final."""
    for number in range(FINALITY + 1):
        mined(node, OPENS + days * A_DAY + number * SECOND)


def books(node, *watches, day=DAY):
    lines = node.run(statement(SWEEPER, watches or [watch(REFERENCES[0])], day))
    return [line.amount.minor for line in lines]


def three_parts(**known):
    """Ten dollars in three hundred units: a third of them is no whole number of cents."""
    terms = Terms(asked=Money(1000, "USD"), to_send=Money(300, "USDT"), start=0, expires_at=OPENS + A_DAY)
    return Watch(merchant_ref=REFERENCES[0], provider_ref=write_terms(terms, REFERENCES[0]), **known)


def test_a_day_lists_its_own_transfers_from_its_first_second_to_its_last(node):
    for moment, units in (
        (OPENS - SECOND, 10),
        (OPENS, 20),
        (OPENS + A_DAY / 4, 30),
        (OPENS + A_DAY - SECOND, 50),
        (OPENS + A_DAY, 60),
    ):
        mined(node, moment, (ADDRESSES[0], units))
    days_later(node)
    assert books(node) == [200, 300, 500]
    assert books(node, day=DAY - A_DAY) == [100]
    assert books(node, day=DAY + A_DAY) == [600]


def test_a_day_that_is_not_final_has_no_books_yet(node):
    mined(node, OPENS + SECOND, (ADDRESSES[0], 20))
    for number in range(FINALITY):
        mined(node, OPENS + A_DAY + number * SECOND)
    with pytest.raises(NotSent):
        books(node)
    days_later(node)
    assert books(node) == [200]


def test_each_transfer_is_booked_for_the_payment_whose_address_it_went_to(node):
    mined(node, OPENS + SECOND, (ADDRESSES[0], 20), (ADDRESSES[1], 30), (STRANGER, 40))
    days_later(node)
    lines = node.run(statement(SWEEPER, [watch(reference) for reference in REFERENCES], DAY))
    assert [(line.merchant_ref, line.amount.minor) for line in lines] == [(REFERENCES[0], 200), (REFERENCES[1], 300)]


def test_another_token_is_in_no_books(node):
    mined(node, OPENS + SECOND, (ADDRESSES[0], 20), (ADDRESSES[0], 30))
    node.blocks[-1].logs[0]["address"] = STRANGER.lower()
    days_later(node)
    assert books(node) == [300]


def test_parts_add_up_to_what_was_asked_whatever_day_they_came(node):
    for moment in (OPENS - SECOND, OPENS + SECOND, OPENS + 2 * SECOND):
        mined(node, moment, (ADDRESSES[0], 100))
    days_later(node)
    (swept,) = node.run(SWEEPER.sweep([three_parts()])).payments
    known = tuple(replace(one, final=True) for one in swept.deposits)
    assert books(node, three_parts(known=known), day=DAY - A_DAY) == [333]
    assert books(node, three_parts(known=known)) == [333, 334]


def test_the_nodes_key_goes_with_each_question_and_shows_nowhere():
    asking = Node(url="http://127.0.0.1:9", key="made-for-this-test")
    request = next(asking.ask([("eth_chainId", [])]))
    assert request.headers["authorization"] == "Bearer made-for-this-test"
    assert "made-for-this-test" not in repr(asking) + repr(SWEEPER)
