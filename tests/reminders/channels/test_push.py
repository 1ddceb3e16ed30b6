"""Web push over the wire: the simulated push service checks the sender's token and decrypts with code of its own."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.channels.base import Affects, DeliveryState, OutboundMessage, Outcome
from reminders.channels.config import PushConfig, public_key, push_config
from reminders.channels.push import WebPushChannel
from reminders.channels.push_crypto import (
    LARGEST,
    UnusableSubscription,
    encrypt,
    from_base64,
    read_subscription,
    to_base64,
)
from reminders.channels.registry import channel
from reminders.sandbox.push_service import _decrypt

TITLE, LINK = "A message for you", "https://pay.example/p/abc/"


@pytest.fixture
def subscription(sandbox):
    return sandbox.subscribe(sender=public_key())


@pytest.fixture
def notification(subscription):
    return OutboundMessage(
        message_id="m-9", to=json.dumps(subscription), subject=TITLE, text=f"Open it when you have a moment: {LINK}"
    )


def test_the_browser_reads_what_we_wrote_and_a_tap_opens_the_link(sandbox, notification):
    result = channel("push").send(notification)
    assert (result.outcome, result.state) == (Outcome.ACCEPTED, DeliveryState.SENT)
    (shown,) = sandbox.messages(channel="push")
    assert shown["subject"] == TITLE
    assert shown["text"].splitlines() == ["Open it when you have a moment:", LINK]


def test_the_same_message_sent_again_is_shown_once(sandbox, notification):
    for _ in range(2):
        assert channel("push").send(notification).outcome is Outcome.ACCEPTED
    assert len(sandbox.messages(channel="push")) == 1


def test_a_subscription_that_was_ended_or_never_was_is_given_up(sandbox, notification, subscription):
    unknown = {**subscription, "endpoint": sandbox.url + "/push/send/" + "0" * 32}
    sandbox.end_subscription(subscription["endpoint"])
    for to in (subscription, unknown):
        result = channel("push").send(replace(notification, to=json.dumps(to)))
        assert (result.outcome, result.permanent, result.affects) == (Outcome.REJECTED, True, Affects.ADDRESS)
        assert result.reason == "subscription_gone"


@pytest.mark.parametrize(
    ("fault", "outcome", "affects", "retry_after"),
    [
        ("rate_limited", Outcome.REJECTED, Affects.LATER, 2),
        ("unavailable", Outcome.REJECTED, Affects.LATER, 5),
        ("server_error", Outcome.REJECTED, Affects.LATER, None),
        ("gone", Outcome.REJECTED, Affects.ADDRESS, None),
        ("not_found", Outcome.REJECTED, Affects.ADDRESS, None),
        ("too_large", Outcome.REJECTED, Affects.TEMPLATE, None),
        ("unauthorised", Outcome.REJECTED, Affects.OPERATOR, None),
        ("hang_up_before", Outcome.UNKNOWN, None, None),
        ("hang_up_after", Outcome.UNKNOWN, None, None),
    ],
)
def test_what_a_push_service_may_answer(sandbox, notification, fault, outcome, affects, retry_after):
    sandbox.set_faults(push=fault, times=1)
    result = channel("push").send(notification)
    assert (result.outcome, result.affects, result.retry_after) == (outcome, affects, retry_after)


def test_of_an_unknown_fate_a_push_service_cannot_be_asked(sandbox, notification):
    found = channel("push").look_up(notification, sent_after=None)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, "cannot_be_asked")


def test_another_senders_key_is_refused(sandbox, notification):
    stranger = WebPushChannel(replace(push_config(), private_key=ec.generate_private_key(ec.SECP256R1())))
    result = stranger.send(notification)
    assert (result.outcome, result.code, result.affects) == (Outcome.REJECTED, "403", Affects.OPERATOR)
    assert not sandbox.messages(channel="push")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "vapid t=a.b.c, k=nothing"},
        {"authorization": ""},
        {"ttl": ""},
        {"content-encoding": "aesgcm"},
    ],
)
def test_the_simulated_service_takes_nothing_unsigned_or_unsealed(sandbox, subscription, headers):
    body = encrypt(b"{}", read_subscription(json.dumps(subscription)))
    good = {"ttl": "60", "content-encoding": "aes128gcm", "authorization": "vapid t=a.b.c, k=d"}
    answer = sandbox._client.post(subscription["endpoint"], content=body, headers={**good, **headers})
    assert answer.status_code in (400, 401, 403)
    assert not sandbox.messages(channel="push")


@pytest.mark.parametrize(
    "to",
    [
        "", "nothing", "{}", "[]", '{"endpoint": "https://fcm.googleapis.com/x", "keys": {}}',
        '{"endpoint": "https://fcm.googleapis.com/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_a_dead_address(sandbox, notification, to):
    with pytest.raises(UnusableSubscription):
        read_subscription(to)
    assert channel("push").send(replace(notification, to=to)).affects is Affects.ADDRESS


@pytest.mark.parametrize(
    ("endpoint", "known"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://db5p.notify.windows.com/w/?token=x", True),
        ("https://web.push.apple.com/abc", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8443/abc", False),
        ("https://fcm.googleapis.com.evil.example/abc", False),
        ("https://user@fcm.googleapis.com/abc", False),
        ("https://10.0.0.1/abc", False),
        ("https://evilnotify.windows.com/abc", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_the_browsers_own_services_are_ever_called(endpoint, known):
    config = PushConfig(private_key=ec.generate_private_key(ec.SECP256R1()), subject="mailto:a@example.org")
    assert config.knows(endpoint) is known


def test_a_text_too_long_for_a_notification_never_leaves(sandbox, notification):
    result = channel("push").send(replace(notification, text="x" * 5000))
    assert (result.outcome, result.affects) == (Outcome.REJECTED, Affects.TEMPLATE)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=LARGEST))
def test_whatever_is_sealed_for_a_browser_only_that_browser_opens(payload):
    mine, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    point = mine.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    auth = b"0123456789abcdef"
    subscription = read_subscription(
        json.dumps(
            {"endpoint": "https://web.push.apple.com/x", "keys": {"p256dh": to_base64(point), "auth": to_base64(auth)}}
        )
    )
    sealed = encrypt(payload, subscription)
    assert len(sealed) <= 4096
    assert _decrypt(sealed, private=_pem(mine), auth=auth) == payload
    with pytest.raises(Exception, match=""):
        _decrypt(sealed, private=_pem(other), auth=auth)


def _pem(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def test_the_example_of_rfc_8291_opens():
    """Appendix A: what another implementation sealed, our simulated browser opens."""
    receiver = ec.derive_private_key(
        int.from_bytes(from_base64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
    )
    body = from_base64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    opened = _decrypt(body, private=_pem(receiver), auth=from_base64("BTBZMqHH6r4Tts7J_aSIgg"))
    assert opened == b"When I grow up, I want to be a watermelon"
