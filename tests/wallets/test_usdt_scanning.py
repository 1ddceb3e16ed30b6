"""The scan of Ethereum against a brute-force reading of the same chain, through reorganisations and split windows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from bip32 import BIP32
from hypothesis import given, settings
from hypothesis import strategies as st

from common.http import OutcomeUnknown
from common.money import Money
from tests.wallets.usdt_node import CHAIN_ID, FINALITY, GENESIS_TIME, TOKEN, MemoryNode
from wallets.providers.base import PaymentState
from wallets.providers.usdt.addresses import AddressBook, checksummed
from wallets.providers.usdt.judging import Rules
from wallets.providers.usdt.quoting import Terms, write_terms
from wallets.providers.usdt.sweeping import Sweeper
from wallets.providers.usdt_eth.chain import Ethereum, windows
from wallets.providers.usdt_eth.rpc import Node
from wallets.providers.watching import Watch

BOOK = AddressBook(BIP32.from_seed(b"a seed that only this test has..").get_xpub_from_path("m/0").encode(), "ethereum")
CHAIN = Ethereum(Node(url="http://127.0.0.1:9"), chain_id=CHAIN_ID, token=TOKEN)
# With next to no overlap, so that what was read before is not simply read again.
NEAR = Ethereum(Node(url="http://127.0.0.1:9"), chain_id=CHAIN_ID, token=TOKEN)
NEAR.overlap = 2
SWEEPER = Sweeper(chain=CHAIN, book=BOOK, rules=Rules(token=TOKEN, dust=1))
NEAR_SWEEPER = Sweeper(chain=NEAR, book=BOOK, rules=Rules(token=TOKEN, dust=1))
REFERENCES = ["a" * 64, "b" * 64, "c" * 64]
ADDRESSES = [checksummed(BOOK.derive(reference).raw) for reference in REFERENCES]
STRANGER = checksummed(b"\x77" * 20)
EXPIRES = datetime.fromtimestamp(GENESIS_TIME, UTC) + timedelta(days=1)


def watch(reference, *, start=0, **changes):
    terms = Terms(asked=Money(1000, "USD"), to_send=Money(100, "USDT"), start=start, expires_at=EXPIRES)
    return Watch(merchant_ref=reference, provider_ref=write_terms(terms, reference), **changes)


def remembered(watches, swept):
    """What the platform keeps between two sweeps."""
    return [
        Watch(
            merchant_ref=before.merchant_ref,
            provider_ref=result.provider_ref,
            known=result.deposits,
            posted=before.posted or result.state is PaymentState.SUCCEEDED,
            scanned_to=swept.scanned_to,
        )
        for before, result in zip(watches, swept.payments, strict=True)
    ]


def brute_force(node, address):
    """Every transfer of something to the address in the chain as it stands, by transaction."""
    logs = [log for block in node.blocks for log in block.logs if int(log["data"], 16)]
    own = [log for log in logs if log["topics"][2].endswith(address[2:].lower())]
    return {log["transactionHash"][2:]: int(log["data"], 16) for log in own}


transfers = st.lists(st.tuples(st.sampled_from([*ADDRESSES, STRANGER]), st.integers(0, 120)), max_size=3)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("mine"), transfers),
        st.tuples(st.just("reorganise"), st.integers(1, FINALITY)),
        st.tuples(st.just("sweep"), st.none()),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(steps, st.integers(1, 9), st.booleans())
def test_after_any_history_the_sweeps_know_exactly_what_the_chain_holds(history, widest, knows_finalized):
    node = MemoryNode(widest=widest, knows_finalized=knows_finalized)
    watches = [watch(reference) for reference in REFERENCES]
    for step, detail in history:
        if step == "mine":
            node.mine(*detail)
        elif step == "reorganise" and node.head > detail:
            node.reorganise(detail)
            for _ in range(detail):
                node.mine()
        elif step == "sweep":
            watches = remembered(watches, node.run(NEAR_SWEEPER.sweep(watches)))
    swept = node.run(NEAR_SWEEPER.sweep(watches))
    for address, result in zip(ADDRESSES, swept.payments, strict=True):
        found = {deposit.transaction: deposit.value for deposit in result.deposits}
        assert found == brute_force(node, address)
        assert all(deposit.final == (deposit.position <= swept.scanned_to) for deposit in result.deposits)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_a_sweep_with_a_memory_and_one_without_agree(history):
    node = MemoryNode()
    watches = [watch(reference) for reference in REFERENCES]
    for step, detail in history:
        if step == "mine":
            node.mine(*detail)
        elif step == "sweep":
            watches = remembered(watches, node.run(NEAR_SWEEPER.sweep(watches)))
    with_memory = node.run(NEAR_SWEEPER.sweep(watches))
    without = node.run(NEAR_SWEEPER.sweep([watch(reference) for reference in REFERENCES]))
    assert [result.state for result in with_memory.payments] == [result.state for result in without.payments]
    assert [result.deposits for result in with_memory.payments] == [result.deposits for result in without.payments]


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 3_000))
def test_windows_cover_everything_once_and_are_never_too_wide(first, last, size):
    found = list(windows(first, last, size))
    assert [number for start, end in found for number in (start, end)] == sorted(n for pair in found for n in pair)
    assert sum(end - start + 1 for start, end in found) == max(last - first + 1, 0)
    assert all(end - start < size for start, end in found)
    assert all(end + 1 == start for (_, end), (start, _) in pairwise(found))


def paid_node(*, after=FINALITY):
    node = MemoryNode()
    node.mine((ADDRESSES[0], 100))
    for _ in range(after):
        node.mine()
    return node


def test_hundreds_of_addresses_are_one_question():
    node = paid_node()
    watches = [watch(f"{number:064x}") for number in range(400)]
    node.run(SWEEPER.sweep([watch(REFERENCES[0]), *watches]))
    assert [method for method, _ in node.asked].count("eth_getLogs") == 1


def test_a_payment_is_pending_before_it_is_final_and_open_again_when_it_was_taken_back():
    node = paid_node(after=1)
    first = node.run(SWEEPER.sweep([watch(REFERENCES[0])]))
    assert first.payments[0].state is PaymentState.PENDING
    node.reorganise(2)
    node.mine(), node.mine(), node.mine()
    again = node.run(SWEEPER.sweep(remembered([watch(REFERENCES[0])], first)))
    assert (again.payments[0].state, again.payments[0].deposits) == (PaymentState.REQUIRES_ACTION, ())


def test_a_posted_payment_that_the_chain_takes_back_is_reversed_by_sweep_and_by_look_up():
    node = paid_node()
    first = node.run(SWEEPER.sweep([watch(REFERENCES[0])]))
    assert first.payments[0].state is PaymentState.SUCCEEDED
    node.reorganise(node.head)
    for _ in range(9):
        node.mine()
    again = node.run(SWEEPER.sweep(remembered([watch(REFERENCES[0])], first)))
    looked_up = node.run(
        SWEEPER.look_up(Watch(merchant_ref=REFERENCES[0], provider_ref=first.payments[0].provider_ref))
    )
    assert again.payments[0].state is looked_up.state is PaymentState.REVERSED


def test_a_node_that_leaves_a_transfer_out_reverses_nothing():
    node = paid_node()
    first = node.run(SWEEPER.sweep([watch(REFERENCES[0])]))
    node.missing = {node.blocks[1].logs[0]["transactionHash"]}
    for watched in (
        remembered([watch(REFERENCES[0])], first)[0],
        watch(REFERENCES[0], known=first.payments[0].deposits),
    ):
        with pytest.raises(OutcomeUnknown, match="left out"):
            node.run(SWEEPER.sweep([watched]))
    with pytest.raises(OutcomeUnknown, match="left out"):
        node.run(SWEEPER.look_up(Watch(merchant_ref=REFERENCES[0], provider_ref=first.payments[0].provider_ref)))


def test_a_node_that_is_behind_is_not_believed():
    node = paid_node(after=20)
    first = node.run(SWEEPER.sweep([watch(REFERENCES[0])]))
    node.reorganise(10)
    with pytest.raises(OutcomeUnknown, match="behind"):
        node.run(SWEEPER.sweep(remembered([watch(REFERENCES[0])], first)))


def test_without_the_finalized_tag_twelve_blocks_must_lie_on_top():
    node = paid_node(after=11)
    node.knows_finalized = False
    assert node.run(SWEEPER.look_up(watch(REFERENCES[0]))).state is PaymentState.PENDING
    node.mine()
    assert node.run(SWEEPER.look_up(watch(REFERENCES[0]))).state is PaymentState.SUCCEEDED


def test_no_question_spans_more_than_two_thousand_blocks():
    node = MemoryNode(widest=2_000)
    for _ in range(4_500):
        node.mine()
    node.mine((ADDRESSES[0], 100))
    for _ in range(FINALITY):
        node.mine()
    assert node.run(SWEEPER.look_up(watch(REFERENCES[0]))).state is PaymentState.SUCCEEDED
    ranges = [(int(p[0]["fromBlock"], 16), int(p[0]["toBlock"], 16)) for m, p in node.asked if m == "eth_getLogs"]
    assert len(ranges) == 3
    assert all(last - first < 2_000 for first, last in ranges)


def test_a_chain_that_moves_while_it_is_read_is_read_again_not_guessed():
    node = paid_node()
    other = "0x" + "9" * 64
    node.blocks[1].logs[0] = {**node.blocks[1].logs[0], "blockHash": other}
    with pytest.raises(OutcomeUnknown, match="moved"):
        node.run(SWEEPER.look_up(watch(REFERENCES[0])))


@pytest.mark.parametrize(
    "change",
    [
        {"data": "0x"},
        {"data": "0x" + "1" * 128},
        {"topics": []},
        {"topics": ["0x" + "1" * 64] * 3},
        {"sender": "0x" + "f" * 64},
    ],
)
def test_anybodys_rubbish_logged_as_a_transfer_neither_counts_nor_stops_the_scan(change):
    node = paid_node()
    log = dict(node.blocks[1].logs[0])
    if "sender" in change:
        log["topics"] = [log["topics"][0], change["sender"], log["topics"][2]]
    rubbish = {**log, **{name: value for name, value in change.items() if name != "sender"}, "logIndex": "0x7"}
    genuine = node._eth_getLogs
    node._eth_getLogs = lambda query: {"result": [*genuine(query)["result"], rubbish]}
    assert node.run(SWEEPER.look_up(watch(REFERENCES[0]))).state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    "field", ["logIndex", "blockNumber", "blockHash", "transactionHash", "address", "topics", "data"]
)
def test_a_list_that_lacks_what_it_must_say_is_not_read(field):
    node = paid_node()
    node.blocks[1].logs[0] = {name: value for name, value in node.blocks[1].logs[0].items() if name != field}
    genuine = node.blocks[1].logs
    node._eth_getLogs = lambda query: {"result": genuine}
    with pytest.raises(OutcomeUnknown):
        node.run(SWEEPER.look_up(watch(REFERENCES[0])))


@pytest.mark.parametrize("change", [{"logs": []}, {"status": "0x0"}, {"blockHash": "0x" + "1" * 64}])
def test_a_log_that_is_not_in_its_receipt_is_not_believed(change):
    node = paid_node()
    genuine = node._eth_getTransactionReceipt
    node._eth_getTransactionReceipt = lambda transaction: {"result": {**genuine(transaction)["result"], **change}}
    with pytest.raises(OutcomeUnknown):
        node.run(SWEEPER.look_up(watch(REFERENCES[0])))


def test_a_removed_log_is_not_read():
    node = paid_node()
    node.blocks[1].logs[0]["removed"] = True
    with pytest.raises(OutcomeUnknown):
        node.run(SWEEPER.look_up(watch(REFERENCES[0])))


def test_nothing_to_watch_needs_one_question():
    node = paid_node()
    swept = node.run(SWEEPER.sweep([]))
    assert (swept.payments, swept.scanned_to) == ((), node.final)
    assert {method for method, _ in node.asked} == {"eth_chainId", "eth_getBlockByNumber"}
