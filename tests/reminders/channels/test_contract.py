"""What every channel owes its callers, whatever it speaks."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.channels.base import (
    DELIVERY_RANK,
    DeliveryState,
    HttpIn,
    OutboundMessage,
    Outcome,
    supersedes,
)
from reminders.channels.errors import InvalidCallback, UnknownChannel
from reminders.channels.registry import BUILDERS, channel
from reminders.sandbox.testing import RunningSandbox

GOOD_ADDRESS = {
    "sms": lambda sandbox: "+4915112345678",
    "email": lambda sandbox: "maria@example.org",
    "in_app": lambda sandbox: "debtor-7",
    "whatsapp": lambda sandbox: "+4915112345678",
    "voice": lambda sandbox: "+4915112345678",
    "letter": lambda sandbox: "12 Harbour Road\nLondon E14 9SH",
    "push": lambda sandbox: json.dumps(sandbox.subscribe()),
}
FORGED = HttpIn(
    "POST", "http://127.0.0.1/webhook", {"X-Twilio-Signature": "bm8="}, b"MessageSid=SM1&MessageStatus=delivered"
)

every_channel = pytest.mark.parametrize("key", sorted(BUILDERS))


def _message(key: str, sandbox: RunningSandbox, number: int = 1) -> OutboundMessage:
    return OutboundMessage(
        message_id=f"id-{number}", to=GOOD_ADDRESS[key](sandbox), text=f"words {number}", subject="About it"
    )


@every_channel
def test_a_good_message_is_accepted_with_a_reference(sandbox, key):
    result = channel(key).send(_message(key, sandbox))
    assert result.outcome is Outcome.ACCEPTED
    assert result.provider_ref
    assert result.state is not None


@every_channel
def test_many_messages_each_get_their_own_result(sandbox, key):
    messages = [_message(key, sandbox, number) for number in range(40)]
    results = dict(channel(key).send_all(messages_once(messages)))
    assert set(results) == set(messages)
    assert all(result.outcome is Outcome.ACCEPTED for result in results.values())
    assert len({result.provider_ref for result in results.values()}) == len(messages)


def messages_once(messages):
    yield from messages


@every_channel
def test_a_forged_callback_changes_nothing(sandbox, key):
    with pytest.raises(InvalidCallback):
        channel(key).parse_callback(FORGED)
    with pytest.raises(InvalidCallback):
        channel(key).parse_inbound(FORGED)


@every_channel
def test_a_message_that_was_accepted_is_never_reported_as_not_received(sandbox, key):
    message = _message(key, sandbox)
    started = datetime.now(UTC) - timedelta(seconds=1)
    channel(key).send(message)
    assert channel(key).look_up(message, sent_after=started) is not None


@every_channel
def test_secrets_are_not_in_a_channels_words(sandbox, key):
    assert "a-token-for-tests" not in repr(vars(channel(key)))


def test_an_unknown_channel_is_a_named_error():
    with pytest.raises(UnknownChannel, match="pigeon"):
        channel("pigeon")


@given(st.permutations(list(DeliveryState)), st.data())
def test_receipts_in_any_order_with_repeats_end_in_the_highest_state(order, data):
    told = order[: data.draw(st.integers(1, len(order)))]
    told = [state for state in told for _ in range(data.draw(st.integers(1, 3)))]
    seen: list[DeliveryState] = []
    for state in told:
        if supersedes(state, seen[-1] if seen else None):
            seen.append(state)
    assert seen[-1] is max(told, key=DELIVERY_RANK.__getitem__)
    assert all(DELIVERY_RANK[earlier] < DELIVERY_RANK[later] for earlier, later in pairwise(seen))


def test_a_message_cannot_be_changed_after_it_was_made(mail):
    with pytest.raises(AttributeError):
        mail.to = "other@example.org"
    assert replace(mail, to="other@example.org").to == "other@example.org"
