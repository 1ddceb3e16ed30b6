"""Safaricom's published examples of asking a phone, against what we send and read and what the simulator answers."""

import json
import re

import pytest

from common.http import HttpRequest, HttpResponse, Operation, transport
from tests.wallets.mpesa_fixtures import mpesa, mpesa_sandbox, ratiba
from tests.wallets.talk import Talk, says
from wallets.providers.base import ActionKind, MandateState, PaymentState, PeriodUnit
from wallets.providers.mpesa_ratiba import orders

__all__ = ["mpesa", "mpesa_sandbox", "ratiba"]

TOKEN = says({"access_token": "T", "expires_in": "3599"})


@pytest.fixture
def stk(shared):
    return json.loads((shared / "vectors" / "mpesa" / "stk.json").read_text())


@pytest.fixture
def talk():
    return Talk("mpesa.token", TOKEN)


def sent(talk: Talk) -> dict[str, object]:
    return json.loads(talk.asked[-1].body)


def answered_by_the_simulator(operation: Operation) -> dict[str, object]:
    """The last answer of the wire; the operation itself has to be content with it too."""
    answer = HttpResponse(status=0)
    try:
        step = next(operation)
        while True:
            assert isinstance(step, HttpRequest)
            answer = transport.send(step)
            step = operation.send(answer)
    except StopIteration:
        return json.loads(answer.body)


def test_the_published_acceptance_of_a_prompt_waits_for_the_phone_and_is_no_payment(mpesa, stk, talk):
    request = mpesa.payment()
    asked = talk.run(mpesa.provider.create_payment(request), says(stk["stk_accepted"]))
    assert (asked.state, asked.action.kind) == (PaymentState.REQUIRES_ACTION, ActionKind.WAIT_FOR_PROMPT)
    assert asked.provider_ref.partition("/")[0] == stk["stk_accepted"]["CheckoutRequestID"]
    assert asked.amount == request.amount


def test_the_simulator_accepts_a_prompt_in_the_published_words(mpesa, stk):
    answer = answered_by_the_simulator(mpesa.provider.create_payment(mpesa.payment()))
    named = ("MerchantRequestID", "CheckoutRequestID")
    assert answer.keys() == stk["stk_accepted"].keys()
    assert all(answer[name] == value for name, value in stk["stk_accepted"].items() if name not in named)


def test_a_standing_order_is_asked_for_as_published(ratiba, stk, talk):
    published = stk["ratiba_request"]
    daily = ratiba.mandate_request(period_unit=PeriodUnit.DAY, period=1)
    talk.run(ratiba.provider.start_mandate(daily), says(stk["ratiba_sync_response"]))
    ours = sent(talk)
    assert ours.keys() == published.keys()
    assert {name: type(value) for name, value in ours.items()} == dict.fromkeys(published, str)
    same = ("BusinessShortCode", "TransactionType", "ReceiverPartyIdentifierType", "Frequency")
    expected = {name: published[name] for name in same} | {
        "BusinessShortCode": ratiba.provider._orders.daraja.short_code
    }
    assert {name: ours[name] for name in same} == expected
    for name in ("StartDate", "EndDate"):
        assert re.fullmatch(r"2\d{7}", ours[name]) and re.fullmatch(r"2\d{7}", published[name])
    assert orders.RECEIVER_KINDS[published["TransactionType"]] == published["ReceiverPartyIdentifierType"]


def test_the_published_answer_to_a_standing_order_waits_for_the_payer(ratiba, stk, talk):
    asked = talk.run(ratiba.provider.start_mandate(ratiba.mandate_request()), says(stk["ratiba_sync_response"]))
    assert (asked.state, asked.action.kind, asked.decline) == (
        MandateState.PENDING,
        ActionKind.WAIT_FOR_PROMPT,
        None,
    )


def test_the_simulator_answers_a_standing_order_in_the_published_words(ratiba, stk):
    answer, published = (
        answered_by_the_simulator(ratiba.provider.start_mandate(ratiba.mandate_request())),
        stk["ratiba_sync_response"],
    )
    assert answer.keys() == published.keys() and answer["ResponseBody"] == published["ResponseBody"]
    assert answer["ResponseHeader"].keys() == published["ResponseHeader"].keys()
    same = published["ResponseHeader"].keys() - {"responseRefID"}
    assert all(answer["ResponseHeader"][name] == published["ResponseHeader"][name] for name in same)
