"""SMS through Twilio's REST API (2010-04-01) and its signed webhooks."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from django.http import QueryDict

from common.http import HttpRequest, HttpResponse, NotSent, Operation, OutcomeUnknown, run
from reminders.channels.base import DeliveryState, HttpIn, InboundText, OutboundMessage, ReceiptEvent, SendResult
from reminders.channels.config import TwilioConfig
from reminders.channels.errors import InvalidCallback
from reminders.channels.transport import run_all
from reminders.channels.twilio_codes import (
    BUSY,
    CANCELLED,
    KEYWORD_OF_OPT_OUT_TYPE,
    NOT_SENT,
    STATE_OF_STATUS,
    meaning_of,
)
from reminders.understanding.keywords import keyword_of

# Asks Twilio to repeat a callback three times on any failure; a fragment is not part of the signed address.
CALLBACK_RETRIES = "rc=3&rp=all"
# Twilio stamps whole seconds by its own clock.
CLOCK_TOLERANCE = timedelta(seconds=60)


class TwilioChannel:
    key = "sms"

    def __init__(self, config: TwilioConfig) -> None:
        self.config = config

    def send(self, message: OutboundMessage) -> SendResult:
        return run(self.sending(message))

    def send_all(self, messages: Iterable[OutboundMessage]) -> Iterator[tuple[OutboundMessage, SendResult]]:
        operations = ((message, self.sending(message)) for message in messages)
        return run_all(operations, at_once=self.config.at_once)

    def look_up(self, message: OutboundMessage, *, sent_after: datetime) -> SendResult | None:
        return run(self.looking_up(message, sent_after=sent_after))

    def sending(self, message: OutboundMessage) -> Operation[SendResult]:
        try:
            answer = yield self._request("POST", purpose="twilio.send", body=urlencode(self._form(message)).encode())
        except NotSent:
            return SendResult.rejected(NOT_SENT)
        except OutcomeUnknown:
            return SendResult.unknown("no_response")
        return _sent(answer)

    def looking_up(self, message: OutboundMessage, *, sent_after: datetime) -> Operation[SendResult | None]:
        """Twilio keeps no reference of ours, so the same words to the same number since then are the same message."""
        since = sent_after - CLOCK_TOLERANCE
        query = {"To": message.to, "DateSent>": since.strftime("%Y-%m-%d"), "PageSize": "1000"}
        try:
            answer = yield self._request("GET", purpose="twilio.look_up", query=urlencode(query))
        except (NotSent, OutcomeUnknown):
            return SendResult.unknown("provider_down")
        if answer.status != HTTPStatus.OK:
            return SendResult.unknown("provider_down")
        listed = _json(answer).get("messages", [])
        found = [item for item in listed if item["body"] == message.text and _created(item) >= since]
        return _as_result(max(found, key=_created)) if found else None

    def parse_callback(self, request: HttpIn) -> list[ReceiptEvent]:
        params = self._verified(request)
        status, code = params.get("MessageStatus", ""), params.get("ErrorCode", "")
        if status not in STATE_OF_STATUS:
            return []
        meaning = CANCELLED if status == "canceled" else meaning_of(code) if code else None
        sid = params["MessageSid"]
        return [
            ReceiptEvent(
                dedupe_key=f"{sid}:{status}",
                provider_ref=sid,
                state=STATE_OF_STATUS[status],
                message_id=parse_qs(urlsplit(request.url).query).get("message", [""])[0],
                reason=meaning.reason if meaning else "",
                code=code,
                permanent=bool(meaning and meaning.permanent),
                affects=meaning.affects if meaning else None,
                max_retries=meaning.max_retries if meaning else None,
            )
        ]

    def parse_inbound(self, request: HttpIn) -> list[InboundText]:
        params = self._verified(request)
        opt_out_type = params.get("OptOutType", "").upper()
        return [
            InboundText(
                dedupe_key=params["MessageSid"],
                provider_ref=params["MessageSid"],
                from_=params.get("From", ""),
                to=params.get("To", ""),
                text=params.get("Body", ""),
                keyword=KEYWORD_OF_OPT_OUT_TYPE.get(opt_out_type) or keyword_of(params.get("Body", "")),
                answered_by_provider=bool(opt_out_type),
            )
        ]

    def _verified(self, request: HttpIn) -> dict[str, str]:
        from twilio.request_validator import RequestValidator

        body = request.body.decode("utf-8", "replace")
        # Only a body whose hash stands in the signed address is not itself part of the signature.
        params = body if "bodySHA256=" in urlsplit(request.url).query else QueryDict(body)
        if not RequestValidator(self.config.auth_token).validate(
            request.url, params, request.header("X-Twilio-Signature")
        ):
            raise InvalidCallback("The signature is not Twilio's for this address and content. Nothing was changed.")
        fields = dict(request.form())
        if fields.get("AccountSid") != self.config.account_sid or not fields.get("MessageSid"):
            raise InvalidCallback("The call is about another account. Nothing was changed.")
        return fields

    def _request(self, method: str, *, purpose: str, body: bytes = b"", query: str = "") -> HttpRequest:
        account, token = self.config.account_sid, self.config.auth_token
        address = f"{self.config.base_url}/2010-04-01/Accounts/{account}/Messages.json"
        return HttpRequest(
            method=method,
            url=f"{address}?{query}" if query else address,
            purpose=purpose,
            headers={
                "Authorization": "Basic " + b64encode(f"{account}:{token}".encode()).decode(),
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body=body,
        )

    def _form(self, message: OutboundMessage) -> dict[str, str]:
        form = {"To": message.to, "Body": message.text}
        if message.from_ or not self.config.messaging_service_sid:
            form["From"] = message.from_ or self.config.from_
        else:
            form["MessagingServiceSid"] = self.config.messaging_service_sid
        if message.callback_url:
            form["StatusCallback"] = callback_address(message)
        return form


def callback_address(message: OutboundMessage) -> str:
    """Our address with the message's id in its query, which Twilio signs and repeats."""
    scheme, host, path, query, _ = urlsplit(message.callback_url)
    own = urlencode({"message": message.message_id})
    return urlunsplit((scheme, host, path, f"{query}&{own}" if query else own, CALLBACK_RETRIES))


def _sent(answer: HttpResponse) -> SendResult:
    body = _json(answer)
    code = str(body.get("code") or "")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return SendResult.rejected(BUSY, code=code, retry_after=_retry_after(answer))
    if answer.status < HTTPStatus.BAD_REQUEST and body.get("sid"):
        return _as_result(body)
    if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and code:
        return SendResult.rejected(meaning_of(code), code=code)
    return SendResult.unknown("unreadable_answer")


def _as_result(resource: dict[str, Any]) -> SendResult:
    code = str(resource.get("error_code") or "")
    accepted = SendResult.accepted(
        resource["sid"], STATE_OF_STATUS.get(resource.get("status", ""), DeliveryState.QUEUED)
    )
    if not code:
        return accepted
    meaning = meaning_of(code)
    return SendResult(
        accepted.outcome,
        provider_ref=accepted.provider_ref,
        state=accepted.state,
        reason=meaning.reason,
        code=code,
        permanent=meaning.permanent,
        affects=meaning.affects,
        max_retries=meaning.max_retries,
    )


def _created(resource: dict[str, Any]) -> datetime:
    return parsedate_to_datetime(resource["date_created"])


def _retry_after(answer: HttpResponse) -> int:
    value = answer.headers.get("retry-after", "")
    return int(value) if value.isdigit() else 1


def _json(answer: HttpResponse) -> dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
