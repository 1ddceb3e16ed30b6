"""Creditors are told, signed, at least once, and a failing receiver never stops anything else."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from accounts.events import record_event
from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks import deliver_due, replay
from accounts.webhooks.targets import check_target
from common.clock import real_now
from common.errors import InvalidInput
from reminders.sandbox.testing import running_message_sandbox

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


class Receiver:
    """A creditor's server: remembers what it was sent and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.received.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()


@pytest.fixture
def endpoint(account, receiver, settings):
    settings.SANDBOX = True
    return WebhookEndpoint.objects.create(creditor=account.creditor, url=receiver.url, secret=SECRET)


def make_due() -> None:
    WebhookDelivery.objects.update(due_at=real_now())


def test_a_payment_is_announced_with_a_signature_the_creditor_can_verify(account, endpoint, receiver):
    record_event("payment.succeeded", account=account, amount_minor=5_000)
    assert deliver_due() == 1
    headers, body = receiver.received[0]
    told = Webhook(SECRET).verify(body, headers)
    assert told["type"] == "payment.succeeded"
    assert told["data"]["account"] == account.reference and told["data"]["amount_minor"] == 5_000
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"5000", b"9000"), headers)


def test_what_is_not_for_creditors_is_not_announced(account, endpoint):
    record_event("note.added", account=account, words="called")
    assert not WebhookDelivery.objects.exists()


def test_an_endpoint_that_wants_other_kinds_hears_nothing(account, endpoint):
    WebhookEndpoint.objects.update(kinds=["mandate.signed"])
    record_event("payment.succeeded", account=account)
    assert not WebhookDelivery.objects.exists()


def test_a_failing_receiver_is_tried_again_later_with_the_same_id(account, endpoint, receiver):
    receiver.status = 500
    record_event("payment.succeeded", account=account)
    deliver_due()
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.last_status) == ("due", 1, 500) and row.due_at > real_now()
    receiver.status = 200
    make_due()
    deliver_due()
    assert WebhookDelivery.objects.get().state == "delivered"
    assert receiver.received[0][0]["webhook-id"] == receiver.received[1][0]["webhook-id"]


def test_a_receiver_that_never_answers_well_is_switched_off(account, endpoint, receiver):
    WebhookEndpoint.objects.update(failures_in_a_row=49)
    receiver.status = 410
    record_event("payment.succeeded", account=account)
    deliver_due()
    assert not WebhookEndpoint.objects.get().active


def test_a_delivered_notice_can_be_replayed(account, endpoint, receiver):
    record_event("payment.succeeded", account=account)
    deliver_due()
    assert replay(WebhookDelivery.objects.get()) is True
    assert replay(WebhookDelivery.objects.get()) is False
    deliver_due()
    assert len(receiver.received) == 2


def test_the_signing_secret_is_sealed_at_rest(endpoint):
    assert SECRET not in str(WebhookEndpoint.objects.values_list("secret", flat=True).get())


@pytest.mark.parametrize("url", ["http://10.0.0.5/x", "https://192.168.1.1/x", "https://127.0.0.1/x", "ftp://a/b", "x"])
def test_a_webhook_never_reaches_into_a_private_network(settings, url):
    settings.SANDBOX = False
    with pytest.raises(InvalidInput):
        check_target(url)


def test_the_payload_is_the_same_json_that_was_signed(account, endpoint, receiver):
    record_event("payment.succeeded", account=account, words="谢谢")
    deliver_due()
    assert json.loads(receiver.received[0][1])["data"]["words"] == "谢谢"


def test_the_sandbox_creditor_verifies_what_it_is_sent_and_keeps_it_once(account, settings):
    settings.SANDBOX = True
    with running_message_sandbox(creditor_secret=SECRET) as sandbox:
        url = sandbox.url + "/creditor/notices"
        endpoint = WebhookEndpoint.objects.create(creditor=account.creditor, url=url, secret=SECRET)
        record_event("payment.succeeded", account=account, amount_minor=5_000)
        deliver_due()
        replay(WebhookDelivery.objects.get())
        deliver_due()
        WebhookEndpoint.objects.filter(pk=endpoint.pk).delete()
        WebhookEndpoint.objects.create(creditor=account.creditor, url=url, secret="whsec_" + "d3Jvbmc=" * 4)
        record_event("payment.failed", account=account)
        deliver_due()
        kept = sandbox.messages(channel="webhook")
    assert [notice["subject"] for notice in kept] == ["payment.succeeded"]
    assert WebhookDelivery.objects.get().last_status == 401
