"""Web push (RFC 8030) through the push service of whatever browser the person uses.

`to` is the browser's subscription as JSON. The words are neutral and the page behind the link tells the rest: a
notification lies open on a table.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from common.clock import real_now
from common.http import HttpRequest, HttpResponse, NotSent, Operation, OutcomeUnknown, run
from reminders.channels.base import (
    Affects,
    DeliveryState,
    HttpIn,
    InboundText,
    Meaning,
    OutboundMessage,
    ReceiptEvent,
    SendResult,
)
from reminders.channels.config import PushConfig
from reminders.channels.errors import InvalidCallback
from reminders.channels.push_crypto import (
    LARGEST,
    Subscription,
    UnusableSubscription,
    encrypt,
    read_subscription,
    to_base64,
    vapid_authorization,
)
from reminders.channels.transport import run_all

GONE = Meaning("subscription_gone", permanent=True, affects=Affects.ADDRESS)
TOO_LARGE = Meaning("content_refused", permanent=True, affects=Affects.TEMPLATE)
CREDENTIALS = Meaning("credentials", permanent=True, affects=Affects.OPERATOR)
INVALID_REQUEST = Meaning("invalid_request", permanent=True, affects=Affects.OPERATOR)
BUSY = Meaning("rate_limited", permanent=False, affects=Affects.LATER)
PROVIDER_DOWN = Meaning("provider_down", permanent=False, affects=Affects.LATER)
MEANING_OF_STATUS: Mapping[int, Meaning] = {
    HTTPStatus.BAD_REQUEST: INVALID_REQUEST,
    HTTPStatus.UNAUTHORIZED: CREDENTIALS,
    HTTPStatus.FORBIDDEN: CREDENTIALS,
    HTTPStatus.NOT_FOUND: GONE,
    HTTPStatus.GONE: GONE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS: BUSY,
}
TAKEN = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
DAY_SECONDS = 86_400
TOKEN_SECONDS = 12 * 3600  # RFC 8292 allows a day at most
LONGEST_WAIT = 3600
_ADDRESS = re.compile(r"\s*(https?://\S+)")


class WebPushChannel:
    key = "push"

    def __init__(self, config: PushConfig) -> None:
        self.config = config

    def send(self, message: OutboundMessage) -> SendResult:
        return run(self.sending(message))

    def send_all(self, messages: Iterable[OutboundMessage]) -> Iterator[tuple[OutboundMessage, SendResult]]:
        operations = ((message, self.sending(message)) for message in messages)
        return run_all(operations, at_once=self.config.at_once)

    def look_up(self, message: OutboundMessage, *, sent_after: datetime) -> SendResult | None:
        """A push service has no way to ask, and a message lost is better than one shown twice."""
        return SendResult.unknown("cannot_be_asked")

    def sending(self, message: OutboundMessage) -> Operation[SendResult]:
        try:
            subscription = read_subscription(message.to)
        except UnusableSubscription:
            return SendResult.rejected(GONE)
        if not self.config.knows(subscription.endpoint):
            return SendResult.rejected(GONE)
        payload = _payload(message)
        if len(payload) > LARGEST:
            return SendResult.rejected(TOO_LARGE)
        try:
            answer = yield self._request(message, subscription, payload)
        except NotSent:
            return SendResult.rejected(PROVIDER_DOWN)
        except OutcomeUnknown:
            return SendResult.unknown("no_response")
        return _sent(answer, message)

    def _request(self, message: OutboundMessage, subscription: Subscription, payload: bytes) -> HttpRequest:
        expires = int(real_now().timestamp()) + TOKEN_SECONDS
        token = vapid_authorization(
            self.config.private_key, audience=subscription.origin, subject=self.config.subject, expires=expires
        )
        return HttpRequest(
            method="POST",
            url=subscription.endpoint,
            purpose="push.send",
            headers={
                "Authorization": token,
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(DAY_SECONDS),
                "Urgency": "normal",
                # The same message sent again replaces itself while it waits for the phone.
                "Topic": to_base64(hashlib.sha256(message.message_id.encode()).digest())[:32],
            },
            body=encrypt(payload, subscription),
        )

    def parse_callback(self, request: HttpIn) -> list[ReceiptEvent]:
        raise InvalidCallback("Push services report nothing by themselves.")

    def parse_inbound(self, request: HttpIn) -> list[InboundText]:
        raise InvalidCallback("Nobody can answer a push notification.")


def _payload(message: OutboundMessage) -> bytes:
    """What the service worker shows; the first address in the text is where a tap leads."""
    found = _ADDRESS.search(message.text)
    words = _ADDRESS.sub("", message.text, count=1).strip()
    shown = {"title": message.subject, "body": words, "url": found.group(1) if found else "", "tag": message.message_id}
    return json.dumps(shown, ensure_ascii=False).encode()


def _sent(answer: HttpResponse, message: OutboundMessage) -> SendResult:
    if answer.status in TAKEN:
        location = urlsplit(answer.headers.get("location", "")).path
        return SendResult.accepted((location or message.message_id)[-80:], DeliveryState.SENT)
    meaning = MEANING_OF_STATUS.get(answer.status, PROVIDER_DOWN if answer.status >= 500 else INVALID_REQUEST)
    wait = answer.headers.get("retry-after", "")
    retry_after = min(int(wait), LONGEST_WAIT) if wait.isdigit() else None
    return SendResult.rejected(meaning, code=str(answer.status), retry_after=retry_after)
