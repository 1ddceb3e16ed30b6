"""The Daraja gateway: an access token first, then JSON in and JSON out."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.http import HttpRequest, HttpResponse, NotSent, Operation, OutcomeUnknown
from wallets.providers.errors import ConfigError, RateLimited
from wallets.providers.messages import DeclineInfo
from wallets.providers.mpesa import codes, wire

OK = 200
UNAUTHORISED = (400, 401, 403)
TOO_MANY = 429
TOKEN_RESERVE = timedelta(seconds=60)
LARGEST_BOOKS = 16 << 20


@dataclass(frozen=True)
class Answer:
    """`code` is empty for an answer of the product itself, else the gateway's error code."""

    data: Mapping[str, Any]
    code: str = ""
    message: str = ""

    def text(self, *names: str) -> str:
        value = wire.either(self.data, *names)
        return "" if value is None or isinstance(value, dict | list) else str(value)[:200]

    def decline(self) -> DeclineInfo:
        return codes.classify(self.code or self.text("ResponseCode", "responseCode"), self.message)


@dataclass
class Daraja:
    base_url: str
    short_code: str
    now: Callable[[], datetime]
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    _token: tuple[str, datetime] | None = field(default=None, repr=False)

    def call(self, path: str, content: Mapping[str, Any], *, purpose: str) -> Operation[Answer]:
        """One call. A token Daraja no longer accepts is renewed once: such a call was refused at the door."""
        answer = yield from self._call(path, content, purpose)
        if answer.code == codes.INVALID_TOKEN:
            self._token = None
            answer = yield from self._call(path, content, purpose)
        return answer

    def _call(self, path: str, content: Mapping[str, Any], purpose: str) -> Operation[Answer]:
        token = yield from self._access_token()
        response = yield HttpRequest(
            method="POST",
            url=f"{self.base_url}{path}",
            purpose=purpose,
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            body=json.dumps(content, ensure_ascii=False).encode(),
            max_bytes=LARGEST_BOOKS,
        )
        return _read(response, purpose)

    def _access_token(self) -> Operation[str]:
        if self._token and self.now() < self._token[1]:
            return self._token[0]
        credentials = b64encode(f"{self.consumer_key}:{self.consumer_secret}".encode()).decode()
        request = HttpRequest(
            method="GET",
            url=f"{self.base_url}/oauth/v1/generate?grant_type=client_credentials",
            purpose="mpesa.token",
            headers={"authorization": f"Basic {credentials}"},
        )
        try:
            response = yield request
            token, seconds = _read_token(response)
        except (OutcomeUnknown, ValueError) as error:
            # Without a token nothing was asked yet, so whatever was wanted may be repeated.
            raise NotSent("Safaricom gave no access token. Nothing was asked. Try again shortly.") from error
        self._token = (token, self.now() + timedelta(seconds=seconds) - TOKEN_RESERVE)
        return token


def _read_token(response: HttpResponse) -> tuple[str, int]:
    if response.status in UNAUTHORISED:
        raise ConfigError("Safaricom does not accept the consumer key and secret. Check the M-Pesa settings.")
    if response.status == TOO_MANY:
        raise RateLimited("Safaricom asked us to slow down.", retry_after=_seconds(response))
    if response.status != OK:
        raise ValueError(response.status)
    data = wire.read_json(response.body)
    token, seconds = data.get("access_token"), str(data.get("expires_in", ""))
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not seconds.isdigit():
        raise ValueError("no token")
    return token, min(int(seconds), 86_400)


def _read(response: HttpResponse, purpose: str) -> Answer:
    if response.status == TOO_MANY:
        raise RateLimited("Safaricom asked us to slow down.", retry_after=_seconds(response))
    try:
        data = wire.read_json(response.body)
    except ValueError as error:
        raise OutcomeUnknown("Safaricom's answer could not be read.", purpose=purpose) from error
    code, message = str(data.get("errorCode", ""))[:40], str(data.get("errorMessage", ""))[:200]
    if code in codes.RATE_LIMITED:
        raise RateLimited("Safaricom asked us to slow down.")
    if response.status != OK and not code:
        raise OutcomeUnknown("Safaricom answered with an error page.", purpose=purpose, status=response.status)
    return Answer(data, code, message)


def _seconds(response: HttpResponse) -> int:
    text = response.headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() else 60
