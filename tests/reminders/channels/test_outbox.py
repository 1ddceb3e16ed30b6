"""The on-screen outbox: pages, their safety, and the JSON beside them."""

from dataclasses import replace

import httpx
import pytest

from reminders.channels.base import Attachment
from reminders.sandbox.receipts import is_loopback
from reminders.sandbox.store import Store
from tests.reminders.channels.conftest import PHONE, wait_until


@pytest.fixture
def browser(sandbox):
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        yield client


def test_an_empty_outbox_says_what_will_come(browser):
    page = browser.get("/")
    assert page.status_code == 200
    assert "No messages yet" in page.text


def test_the_list_shows_both_kinds_and_filters(browser, email, sms, mail, text_message):
    email.send(mail)
    sms.send(text_message)
    everything = browser.get("/").text
    assert "maria@example.org" in everything
    assert PHONE in everything
    assert PHONE not in browser.get("/?channel=email").text
    assert "maria@example.org" not in browser.get("/", params={"to": PHONE}).text


def test_a_mail_is_shown_as_sent_as_text_and_with_headers(browser, email, sandbox, mail):
    email.send(replace(mail, attachments=(Attachment("statement.pdf", b"%PDF"),)))
    ref = sandbox.messages()[0]["ref"]
    assert f'src="/mail/{ref}/html"' in browser.get(f"/mail/{ref}").text
    assert "Hello Maria" in browser.get(f"/mail/{ref}?view=text").text
    assert "List-Unsubscribe" in browser.get(f"/mail/{ref}?view=headers").text


def test_a_mail_can_run_nothing_and_load_nothing(browser, email, sandbox, mail):
    email.send(replace(mail, html="<html><head></head><body><script>x()</script></body></html>"))
    policy = browser.get(f"/mail/{sandbox.messages()[0]['ref']}/html").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


def test_an_attachment_is_saved_and_never_shown(browser, email, sandbox, mail):
    email.send(replace(mail, attachments=(Attachment("page.html", b"<script>x()</script>", "text/html"),)))
    ref = sandbox.messages()[0]["ref"]
    page = browser.get(f"/mail/{ref}").text
    link = page.split('href="/mail/')[1].split('"')[0]
    answer = browser.get(f"/mail/{link}")
    assert answer.content == b"<script>x()</script>"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_pages_escape_what_messages_say(browser, sms, text_message):
    sms.send(replace(text_message, text="<img src=x onerror=alert(1)> {{ x }}"))
    for page in ("/", f"/sms/{PHONE}"):
        assert "<img src=x" not in browser.get(page).text


def test_pages_carry_no_inline_code(browser, email, sms, sandbox, mail, text_message):
    email.send(mail)
    sms.send(text_message)
    ref = sandbox.messages(channel="email")[0]["ref"]
    for address in ("/", f"/mail/{ref}", f"/mail/{ref}?view=headers", f"/sms/{PHONE}", "/faults"):
        page = browser.get(address)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert " onclick=" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_reply_typed_on_the_phone_reaches_the_platform(browser, sms, platform, text_message):
    sms.send(replace(text_message, callback_url=""))
    browser.post(f"/sms/{PHONE}", data={"text": "Wrong person"})
    # A receipt of an earlier message may come in between.
    wait_until(lambda: any(b"Wrong" in call.body for call in platform.received))
    reply = next(call for call in platform.received if b"Wrong" in call.body)
    assert sms.parse_inbound(reply)[0].text == "Wrong person"
    page = browser.get(f"/sms/{PHONE}").text
    assert "Wrong person" in page
    assert "204" in page


def test_a_page_of_another_site_cannot_post_here(browser, sandbox):
    answer = browser.post("/api/controls", json={"api": "server_error"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert browser.get("/api/controls").json()["api"] == "none"


@pytest.mark.parametrize("wanted", [{"api": "explode"}, {"nonsense": "1"}, {"times": "many"}])
def test_a_control_that_makes_no_sense_is_refused(browser, wanted):
    answer = browser.post("/api/controls", json=wanted)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_the_fault_panel_saves_what_was_chosen_and_says_it_everywhere(browser):
    browser.post("/faults", data={"api": "rate_limited", "receipts": "late", "late_seconds": "7", "times": "3"})
    controls = browser.get("/api/controls").json()
    assert (controls["api"], controls["receipts"], controls["late_seconds"], controls["times"]) == (
        "rate_limited",
        "late",
        7,
        3,
    )
    assert "Faults are switched on" in browser.get("/").text


def test_a_fault_for_one_time_happens_once(sms, sandbox, text_message):
    sandbox.set_faults(api="rate_limited", times=1)
    assert sms.send(text_message).reason == "rate_limited"
    assert sms.send(text_message).provider_ref


def test_the_outbox_pages_through_many_messages(browser, sms, text_message):
    batch = [replace(text_message, message_id=f"m-{n}", text=f"words {n}", callback_url="") for n in range(70)]
    list(sms.send_all(batch))
    first = browser.get("/").text
    assert "Older messages" in first
    older = first.split('href="/?')[-1].split('"')[0].replace("&amp;", "&")
    assert "Older messages" not in browser.get(f"/?{older}").text


def test_an_unknown_address_is_not_found(browser):
    assert browser.get("/mail/EM" + "0" * 32).status_code == 404
    assert browser.get("/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/x", True),
        ("http://[::1]/x", True),
        ("http://10.0.0.1/x", False),
        ("http://example.org/x", False),
        ("http://127.0.0.1.example.org/x", False),
        ("", False),
    ],
)
def test_only_this_machine_is_ever_called_back(url, inside):
    assert is_loopback(url) is inside


def test_messages_survive_a_restart_of_the_sandbox(tmp_path):
    path = tmp_path / "sandbox" / "messages.sqlite3"
    store = Store(path)
    store.add_message(
        channel="sms",
        direction="outbound",
        ref="SM1",
        sender="a",
        recipient="b",
        created_at="2026-01-01T00:00:00+00:00",
    )
    store.close()
    again = Store(path)
    assert [row["ref"] for row in again.messages()] == ["SM1"]
    again.close()
