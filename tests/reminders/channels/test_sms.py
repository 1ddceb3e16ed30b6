"""SMS over Twilio's wire: answers, silence, receipts, replies."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from reminders.channels.base import Affects, DeliveryState, HttpIn, Keyword, OutboundMessage, Outcome
from reminders.channels.config import TwilioConfig, twilio_config
from reminders.channels.errors import ChannelNotConfigured, InvalidCallback
from reminders.channels.sms_policy import sms_allowed
from reminders.channels.sms_twilio import TwilioChannel, callback_address
from reminders.channels.twilio_codes import MEANING_OF_CODE
from reminders.sandbox.testing import free_port
from reminders.sandbox.twilio_signing import sign
from reminders.understanding.keywords import keyword_of
from tests.reminders.channels.conftest import PHONE, wait_until


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("number", "reason", "affects"),
    [
        ("+15005550001", "invalid_number", Affects.ADDRESS),
        ("+15005550009", "invalid_number", Affects.ADDRESS),
        ("+15005550002", "unreachable_by_sms", Affects.ADDRESS),
        ("+15005550003", "region_not_permitted", Affects.OPERATOR),
        ("+15005550004", "opted_out", Affects.OPT_OUT),
        ("not a number", "invalid_number", Affects.ADDRESS),
    ],
)
def test_a_refused_number_says_who_must_act(sms, text_message, number, reason, affects):
    result = sms.send(replace(text_message, to=number))
    assert (result.outcome, result.reason, result.affects) == (Outcome.REJECTED, reason, affects)
    assert result.permanent


def test_a_body_over_twilios_limit_is_a_template_problem(sms, sandbox, text_message):
    result = sms.send(replace(text_message, text="x" * 1601))
    assert (result.reason, result.affects) == ("content_refused", Affects.TEMPLATE)
    assert sandbox.messages() == []


def test_a_wrong_token_is_the_operators_problem_and_spends_no_retry(sandbox, text_message):
    config = TwilioConfig(sandbox.account.sid, "wrong", sandbox.url, from_="+15005550006")
    result = TwilioChannel(config).send(text_message)
    assert (result.reason, result.affects, result.permanent) == ("credentials", Affects.OPERATOR, True)


def test_too_many_requests_say_when_to_come_back(sms, sandbox, text_message):
    sandbox.set_faults(api="rate_limited")
    result = sms.send(text_message)
    assert (result.outcome, result.affects, result.permanent) == (Outcome.REJECTED, Affects.LATER, False)
    assert result.retry_after == 2


def test_a_code_nobody_listed_is_not_retried_by_itself(sms, sandbox, text_message):
    sandbox.set_faults(api="error_code", api_code="29999")
    result = sms.send(text_message)
    assert (result.outcome, result.reason, result.max_retries) == (Outcome.REJECTED, "unmapped", 0)


@pytest.mark.parametrize("fault", ["server_error", "hang_up_before"])
def test_no_usable_answer_is_unknown_and_asking_shows_it_never_arrived(sms, sandbox, text_message, fault):
    sandbox.set_faults(api=fault)
    assert sms.send(text_message).outcome is Outcome.UNKNOWN
    assert sms.look_up(text_message, sent_after=an_hour_ago()) is None


def test_a_message_taken_before_the_line_broke_is_found_and_not_sent_twice(sms, sandbox, text_message):
    sandbox.set_faults(api="hang_up_after", times=1)
    assert sms.send(text_message).outcome is Outcome.UNKNOWN
    found = sms.look_up(text_message, sent_after=an_hour_ago())
    assert found is not None
    assert found.outcome is Outcome.ACCEPTED
    assert [found.provider_ref] == [item["ref"] for item in sandbox.messages(to=PHONE)]


def test_looking_up_ignores_other_words_other_people_and_older_messages(sms, text_message):
    sms.send(text_message)
    assert sms.look_up(replace(text_message, text="other words"), sent_after=an_hour_ago()) is None
    assert sms.look_up(replace(text_message, to="+4915187654321"), sent_after=an_hour_ago()) is None
    assert sms.look_up(text_message, sent_after=datetime.now(UTC) + timedelta(minutes=5)) is None


def test_looking_up_tells_how_a_message_failed(sms, sandbox, text_message):
    message = replace(text_message, to="+49151130003", callback_url="")
    sms.send(message)
    wait_until(lambda: sandbox.messages()[0]["status"] == "undelivered")
    found = sms.look_up(message, sent_after=an_hour_ago())
    assert (found.state, found.reason, found.max_retries) == (DeliveryState.FAILED, "unreachable_handset", 2)


def test_asking_a_provider_that_is_down_leaves_it_unknown(text_message):
    down = TwilioChannel(TwilioConfig("AC1", "t", f"http://127.0.0.1:{free_port()}", from_="+15005550006"))
    assert down.look_up(text_message, sent_after=an_hour_ago()).outcome is Outcome.UNKNOWN


def test_a_refused_connection_is_provably_not_sent(text_message):
    down = TwilioChannel(TwilioConfig("AC1", "t", f"http://127.0.0.1:{free_port()}", from_="+15005550006"))
    result = down.send(text_message)
    assert (result.outcome, result.reason, result.affects) == (Outcome.REJECTED, "provider_down", Affects.LATER)


def test_receipts_name_our_message_and_arrive_in_order(sms, platform, text_message):
    ref = sms.send(text_message).provider_ref
    events = [sms.parse_callback(call)[0] for call in platform.wait_for(2)]
    assert [event.state for event in events] == [DeliveryState.SENT, DeliveryState.DELIVERED]
    assert {event.message_id for event in events} == {"m-1"}
    assert {event.provider_ref for event in events} == {ref}


def test_repeated_receipts_carry_the_same_key(sms, sandbox, platform, text_message):
    sandbox.set_faults(receipts="duplicate")
    sms.send(text_message)
    keys = [sms.parse_callback(call)[0].dedupe_key for call in platform.wait_for(4)]
    assert len(keys) == 4
    assert len(set(keys)) == 2


def test_a_silent_provider_sends_no_receipt(sms, sandbox, platform, text_message):
    sandbox.set_faults(receipts="silent")
    sms.send(text_message)
    sandbox.set_faults(receipts="none")
    sms.send(replace(text_message, message_id="m-9"))
    events = [sms.parse_callback(call)[0] for call in platform.wait_for(2)]
    assert {event.message_id for event in events} == {"m-9"}


def test_receipts_out_of_order_end_delivered(sms, sandbox, platform, text_message):
    sandbox.set_faults(receipts="out_of_order")
    sms.send(text_message)
    states = [sms.parse_callback(call)[0].state for call in platform.wait_for(2)]
    assert states == [DeliveryState.DELIVERED, DeliveryState.SENT]


@pytest.mark.parametrize(
    ("code", "affects", "retries"),
    [
        ("30003", Affects.LATER, 2),
        ("30007", Affects.TEMPLATE, None),
        ("30008", Affects.LATER, 1),
        ("30005", Affects.ADDRESS, None),
        ("30002", Affects.OPERATOR, None),
    ],
)
def test_a_failed_delivery_says_what_follows_from_it(sms, platform, text_message, code, affects, retries):
    sms.send(replace(text_message, to=f"+491511{code}"))
    event = sms.parse_callback(platform.wait_for(2)[1])[0]
    assert (event.state, event.code, event.affects) == (DeliveryState.FAILED, code, affects)
    assert event.max_retries == retries


@pytest.mark.parametrize("name", ["MessageStatus", "MessageSid", "To", "ErrorCode"])
def test_a_receipt_with_one_changed_field_is_refused(sms, platform, text_message, name):
    sms.send(replace(text_message, to="+49151130003"))
    call = platform.wait_for(2)[1]
    fields = {**dict(call.form()), name: "delivered"}
    with pytest.raises(InvalidCallback):
        sms.parse_callback(replace(call, body=urlencode(fields).encode()))


def test_a_receipt_moved_to_another_message_is_refused(sms, platform, text_message):
    sms.send(text_message)
    call = platform.wait_for(1)[0]
    with pytest.raises(InvalidCallback):
        sms.parse_callback(replace(call, url=call.url.replace("m-1", "m-2")))


def test_a_receipt_of_another_account_is_refused_even_when_signed(sms, sandbox):
    fields = {"AccountSid": "AC" + "f" * 32, "MessageSid": "SM1", "MessageStatus": "delivered"}
    signature = sign("http://127.0.0.1/x", fields, auth_token=sandbox.account.auth_token)
    call = HttpIn("POST", "http://127.0.0.1/x", {"X-Twilio-Signature": signature}, urlencode(fields).encode())
    with pytest.raises(InvalidCallback, match="another account"):
        sms.parse_callback(call)


def test_a_reply_arrives_signed_with_its_words(sms, sandbox, platform, text_message):
    sms.send(replace(text_message, callback_url=""))
    sandbox.reply(from_=PHONE, text="I lost my job, 我没钱 & more")
    reply = sms.parse_inbound(platform.wait_for(1)[0])[0]
    assert (reply.from_, reply.text, reply.keyword) == (PHONE, "I lost my job, 我没钱 & more", None)
    assert not reply.answered_by_provider


def test_stop_is_understood_and_the_provider_refuses_from_then_on(sms, sandbox, platform, text_message):
    sms.send(replace(text_message, callback_url=""))
    sandbox.reply(from_=PHONE, text="Stop")
    reply = sms.parse_inbound(platform.wait_for(1)[0])[0]
    assert (reply.keyword, reply.answered_by_provider) == (Keyword.STOP, True)
    assert sms.send(text_message).affects is Affects.OPT_OUT


def test_stop_is_understood_without_the_providers_help(sms, sandbox, platform, text_message):
    sandbox.set_faults(advanced_opt_out="off")
    sms.send(replace(text_message, callback_url=""))
    sandbox.reply(from_=PHONE, text="STOP")
    reply = sms.parse_inbound(platform.wait_for(1)[0])[0]
    assert (reply.keyword, reply.answered_by_provider) == (Keyword.STOP, False)


@pytest.mark.parametrize(
    "words", ["STOP", " stop. ", "Opt out", "opt-out", "UNSUBSCRIBE!", "退订", "退訂。", "“退订”", "Arrêt"]
)
def test_stop_words_of_several_languages_are_known(words):
    assert keyword_of(words) is Keyword.STOP


@pytest.mark.parametrize("words", ["stop calling my mother", "yes but when?", "", "...", "12.50"])
def test_sentences_are_left_to_the_reader(words):
    assert keyword_of(words) is None


@pytest.mark.parametrize(
    ("role", "country", "allowed"),
    [
        ("third_party_collector", "US", False),
        ("third_party_collector", "ca", False),
        ("debt_buyer", "US", False),
        ("", "US", False),
        ("third_party_collector", "", False),
        ("first_party_creditor", "US", True),
        ("third_party_collector", "GB", True),
    ],
)
def test_sms_is_allowed_only_where_the_carriers_take_it(role, country, allowed):
    assert sms_allowed(role, country) is allowed


def test_the_callback_address_keeps_its_query_and_adds_ours():
    message = OutboundMessage(message_id="a b&c", to=PHONE, text="x", callback_url="https://p.example/s?t=1")
    assert callback_address(message) == "https://p.example/s?t=1&message=a+b%26c#rc=3&rp=all"


def test_a_messaging_service_is_used_unless_a_sender_is_named(text_message):
    channel = TwilioChannel(TwilioConfig("AC1", "t", "http://x", from_="+1", messaging_service_sid="MG1"))
    assert "From" not in channel._form(text_message)
    assert channel._form(replace(text_message, from_="+2"))["From"] == "+2"


def test_every_code_that_is_nobodys_fault_may_be_tried_again():
    later = [meaning for meaning in MEANING_OF_CODE.values() if meaning.affects is Affects.LATER]
    assert later
    assert not any(meaning.permanent for meaning in later)


def test_sms_without_credentials_says_what_to_set(settings):
    settings.TWILIO_AUTH_TOKEN = ""
    with pytest.raises(ChannelNotConfigured, match="TWILIO_AUTH_TOKEN"):
        twilio_config()


def test_the_signature_check_agrees_with_twilios_own_vectors(shared):
    vectors = json.loads((shared / "vectors" / "twilio" / "request_validator.json").read_text())
    channel = TwilioChannel(TwilioConfig("AC1", vectors["auth_token"], "http://x"))
    for case in vectors["cases"]:
        body = case.get("body") or urlencode([tuple(pair) for pair in case["params"]])
        headers = {"X-Twilio-Signature": case["signature"]}
        call = HttpIn("POST", case["url"], headers, body.encode())
        # A genuine signature gets past the first check and stops at the account, a changed one does not.
        with pytest.raises(InvalidCallback, match="another account"):
            channel.parse_callback(call)
        with pytest.raises(InvalidCallback, match="signature"):
            channel.parse_callback(replace(call, url=case["url"].replace("mycompany", "yourcompany")))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a": 1}', b"\xff\xfe", b"=&=&="])
@pytest.mark.parametrize("query", ["", "?bodySHA256=00"])
def test_a_callback_of_any_shape_without_a_signature_is_refused_by_name(sms, body, query):
    call = HttpIn("POST", f"http://127.0.0.1/x{query}", {"Content-Type": "application/json"}, body)
    with pytest.raises(InvalidCallback):
        sms.parse_callback(call)


def test_the_simulators_signature_agrees_with_twilios_own_vectors(shared):
    vectors = json.loads((shared / "vectors" / "twilio" / "request_validator.json").read_text())
    plain = [case for case in vectors["cases"] if len(dict(case["params"])) == len(case["params"])]
    assert plain
    for case in plain:
        assert sign(case["url"], dict(case["params"]), auth_token=vectors["auth_token"]) == case["signature"]
