"""WhatsApp through Twilio: its own addresses and sender, no stop list of the provider's."""

from dataclasses import replace

import pytest

from reminders.channels.base import Affects, Keyword, Outcome
from reminders.channels.registry import channel
from tests.reminders.channels.conftest import PHONE

OURS = "whatsapp:+15005550006"


def test_it_goes_to_the_persons_whatsapp_from_ours(sandbox, text_message):
    result = channel("whatsapp").send(text_message)
    assert result.outcome is Outcome.ACCEPTED
    (sent,) = sandbox.messages()
    assert (sent["to"], sent["from"]) == (f"whatsapp:{PHONE}", OURS)


def test_a_message_of_unknown_fate_is_found_again(sandbox, text_message, moment_ago):
    sandbox.set_faults(api="hang_up_after", times=1)
    assert channel("whatsapp").send(text_message).outcome is Outcome.UNKNOWN
    assert channel("whatsapp").look_up(text_message, sent_after=moment_ago).outcome is Outcome.ACCEPTED
    assert channel("whatsapp").look_up(replace(text_message, text="other"), sent_after=moment_ago) is None


@pytest.mark.parametrize(
    ("code", "affects", "reason"),
    [
        ("63016", Affects.TEMPLATE, "outside_conversation"),
        ("63003", Affects.OPERATOR, "not_on_whatsapp"),
        ("63033", Affects.OPT_OUT, "blocked_by_recipient"),
    ],
)
def test_what_whatsapp_refuses_later(sandbox, platform, text_message, code, affects, reason):
    channel("whatsapp").send(replace(text_message, to=f"+49151{code}"))
    events = [event for call in platform.wait_for(2) for event in channel("whatsapp").parse_callback(call)]
    failed = next(event for event in events if event.code)
    assert (failed.code, failed.affects, failed.reason) == (code, affects, reason)


def test_stop_arrives_unanswered_so_that_we_confirm_it(sandbox, platform):
    sandbox.reply(from_=f"whatsapp:{PHONE}", text="STOP", to=OURS)
    (call,) = platform.wait_for(1)
    (said,) = channel("whatsapp").parse_inbound(call)
    assert (said.from_, said.keyword, said.answered_by_provider) == (PHONE, Keyword.STOP, False)
