"""TronGrid's answers read strictly: the list names transactions, the chain's receipts decide."""

import json
from datetime import UTC, datetime

import pytest

from common.http import HttpResponse, OutcomeUnknown
from wallets.providers.usdt.addresses import read_tron, tron_address
from wallets.providers.usdt.chains import Tip
from wallets.providers.usdt_tron.chain import TRANSFER, Tron
from wallets.providers.usdt_tron.grid import Grid

TOKEN, OURS, SENDER = (tron_address(bytes([number]) * 20) for number in (1, 2, 3))
IDENTIFIER = "ab" * 32
CHAIN = Tron(Grid(url="http://127.0.0.1:9"), token=TOKEN)
TIP = Tip(head=9_000, final=9_000, final_time=datetime(2026, 11, 22, tzinfo=UTC))
ROW = {
    "transaction_id": IDENTIFIER, "token_info": {"address": TOKEN}, "block_timestamp": 6_000,
    "from": SENDER, "to": OURS, "type": "Transfer", "value": "77",
}  # fmt: skip
LOG = {
    "address": read_tron(TOKEN).hex(),
    "topics": [TRANSFER, *(read_tron(address).hex().rjust(64, "0") for address in (SENDER, OURS))],
    "data": f"{77:064x}",
}
RECEIPT = {"id": IDENTIFIER, "blockNumber": 2, "blockTimeStamp": 6_000, "receipt": {"result": "SUCCESS"}, "log": [LOG]}


def read(row=ROW, receipt=RECEIPT, **listed):
    """What `transfers` makes of one list and one receipt."""
    operation = CHAIN.transfers({OURS: 0}, TIP)
    try:
        request = next(operation)
        while True:
            answer = {"success": True, "data": [row], **listed} if "/v1/" in request.url else receipt
            request = operation.send(HttpResponse(status=200, body=json.dumps(answer).encode()))
    except StopIteration as stop:
        return stop.value


def test_a_transfer_is_read_from_the_receipt():
    (deposit,) = read()
    assert (deposit.key, deposit.value, deposit.token) == (f"tron:{IDENTIFIER}:0", 77, TOKEN)
    assert (deposit.sender, deposit.position, deposit.final) == (SENDER, 6_000, True)


def test_the_amount_is_the_receipts_whatever_the_list_says():
    assert read(row={**ROW, "value": "99999999"})[0].value == 77


@pytest.mark.parametrize(
    "change",
    [
        {"receipt": {"result": "OUT_OF_ENERGY"}},
        {"receipt": {}},
        {"receipt": None},
        {"log": []},
        {"log": [{**LOG, "address": "ff" * 20}]},
        {"log": [{**LOG, "topics": [TRANSFER, LOG["topics"][2], LOG["topics"][1]]}]},
        {"id": "cd" * 32},
        {"blockTimeStamp": "6000"},
        {"blockNumber": -1},
        {"log": "x"},
    ],
)
def test_money_the_chain_does_not_confirm_stops_the_reading(change):
    with pytest.raises(OutcomeUnknown):
        read(receipt={**RECEIPT, **change})


def test_a_transaction_the_solid_chain_does_not_know_stops_the_reading():
    with pytest.raises(OutcomeUnknown):
        read(receipt={})


@pytest.mark.parametrize(
    "change", [{"topics": []}, {"topics": None}, {"data": ""}, {"data": "zz"}, {"topics": ["1"] * 3}]
)
def test_another_tokens_rubbish_neither_counts_nor_stops_the_reading(change):
    foreign = {**ROW, "token_info": {"address": SENDER}}
    assert read(row=foreign, receipt={**RECEIPT, "log": [{**LOG, "address": "03" * 20, **change}]}) == []


@pytest.mark.parametrize(
    "change", [{"to": SENDER}, {"transaction_id": "x"}, {"transaction_id": None}, {"token_info": None}]
)
def test_a_list_about_something_else_is_not_read(change):
    with pytest.raises(OutcomeUnknown):
        read(row={**ROW, **change})


@pytest.mark.parametrize("listed", [{"success": False}, {"data": None}, {"data": ["x"]}])
def test_a_list_that_is_none_is_not_read(listed):
    with pytest.raises(OutcomeUnknown):
        read(**listed)


def test_a_list_that_never_ends_is_given_up():
    with pytest.raises(OutcomeUnknown, match="by hand"):
        read(meta={"fingerprint": "more"})


@pytest.mark.parametrize("row", [{**ROW, "value": "0"}, {**ROW, "type": "Approval"}])
def test_what_moves_nothing_is_not_asked_about(row):
    assert read(row=row, receipt="never asked") == []
