import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.redaction import redact_event, redact_text

GONE = "[redacted]"


def logged(**event):
    return redact_event(None, "info", event)


@pytest.mark.parametrize(
    "key", ["name", "email", "Phone", "debtor_name", "contact_email", "authorization", "Set-Cookie", "body"]
)
def test_a_value_under_a_private_name_is_gone_whatever_it_looks_like(key):
    assert logged(**{key: "x"}) == {key: GONE}
    assert logged(**{key: {"inner": [1]}}) == {key: GONE}


@pytest.mark.parametrize("text", [
    "ada.lovelace+bills@mail.example.co.uk",
    "+886 912-345-678",
    "0912345678",
    "(415) 555-2671",
    "4111 1111 1111 1111",
    "A123456789012345".removeprefix("A"),
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
])  # fmt: skip
def test_a_private_shape_is_gone_wherever_it_hides(text):
    event = logged(event=f"failed for {text}, again", errors=[{"detail": f"<{text}>"}], error=ValueError(text))
    assert text not in str(event)
    assert event["event"] == f"failed for {GONE}, again"
    assert event["error"] == GONE


def test_credentials_in_headers_and_addresses_are_gone_and_their_kind_stays():
    assert redact_text("Authorization: Bearer abcDEF123456._-") == f"Authorization: Bearer {GONE}"
    assert redact_text("GET /p?token=abc&page=2") == f"GET /p?token={GONE}&page=2"


@pytest.mark.parametrize("text", [
    "payment_posted",
    "2026-11-22T15:40:01.123456Z",
    "2026-11-22 15:40:01,123",
    "2026-11-22",
    "ACC-7F3K9QXX",
    "01a203e1-5ece-7347-bb4b-063c6edb1b0e",
    "took 1234567 rows",
    "10.0.0.1",
    "from 192.168.100.100 port 80",
])  # fmt: skip
def test_what_operators_need_stays(text):
    assert redact_text(text) == text


@given(value=st.uuids())
def test_every_uuid_stays(value: uuid.UUID):
    assert logged(account=value, note=f"row {value} moved") == {"account": str(value), "note": f"row {value} moved"}


def test_numbers_and_structure_stay():
    event = {"amount_minor": 125000000000, "ok": True, "nothing": None, "rows": [1, 2], "inner": {"count": 3}}
    assert logged(**event) == event
    assert logged(name=None, email="") == {"name": None, "email": ""}


def test_the_words_structlog_adds_stay():
    assert logged(logger="common.crypto", level="info", task_name="reminders.send") == {
        "logger": "common.crypto",
        "level": "info",
        "task_name": "reminders.send",
    }


def test_what_structlog_hands_to_its_formatter_stays_itself():
    record = object()
    assert logged(_record=record)["_record"] is record


def test_endless_nesting_ends():
    loop: dict = {}
    loop["again"] = loop
    assert GONE in str(logged(loop=loop))


def test_bytes_are_read_too():
    assert logged(payload=b"to ada@example.com") == {"payload": f"to {GONE}"}
