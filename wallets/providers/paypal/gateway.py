"""PayPal's REST API: bearer tokens, request ids, JSON in and out."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from common.http import HttpRequest, HttpResponse, NotSent, Operation, OutcomeUnknown
from wallets.providers.errors import ConfigError, RateLimited
from wallets.providers.messages import DeclineInfo
from wallets.providers.paypal import codes
from wallets.providers.paypal.tokens import PAUSES, TOKENS, pause

JSON = "application/json"
UNAUTHORIZED, NOT_FOUND, TOO_MANY = 401, 404, 429
LONGEST_CODE = 80


@dataclass(frozen=True)
class Answer:
    """`issue` is the most specific code of a refusal."""

    status: int
    data: Mapping[str, Any]
    issue: str = ""

    @property
    def ok(self) -> bool:
        return not self.issue

    @property
    def missing(self) -> bool:
        return self.status == NOT_FOUND

    def decline(self) -> DeclineInfo:
        return codes.classify(self.issue)


@dataclass(frozen=True, kw_only=True)
class Gateway:
    url: str
    client_id: str
    secret: str = field(repr=False)
    now: Callable[[], datetime]

    def get(self, path: str, *, purpose: str, max_bytes: int = 2 << 20) -> Operation[Answer]:
        return self._call("GET", path, purpose=purpose, max_bytes=max_bytes)

    def post(self, path: str, content: Mapping[str, Any], *, request_id: str, purpose: str) -> Operation[Answer]:
        headers = {"paypal-request-id": request_id, "prefer": "return=representation"}
        return self._call("POST", path, purpose=purpose, headers=headers, body=json.dumps(content).encode())

    def patch(self, path: str, content: list[Mapping[str, Any]], *, purpose: str) -> Operation[Answer]:
        return self._call("PATCH", path, purpose=purpose, body=json.dumps(content).encode())

    def delete(self, path: str, *, purpose: str) -> Operation[Answer]:
        return self._call("DELETE", path, purpose=purpose)

    def _call(self, method: str, path: str, **parts: Any) -> Operation[Answer]:
        response, token = yield from self._send(method, path, **parts)
        if response.status == UNAUTHORIZED:
            # Refused before it was read, so the same call may go out again with a fresh token.
            TOKENS.drop(self._key, token)
            response, token = yield from self._send(method, path, **parts)
        return _read(response, parts["purpose"])

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: Any
    ) -> Operation[tuple[HttpResponse, str]]:
        token = yield from self._token()
        every = {"authorization": f"Bearer {token}", "content-type": JSON, **(headers or {})}
        response = yield HttpRequest(method=method, url=f"{self.url}{path}", headers=every, **parts)
        return response, token

    @cached_property
    def _key(self) -> tuple[str, str, str]:
        return self.url, self.client_id, hashlib.sha256(self.secret.encode()).hexdigest()

    def _token(self) -> Operation[str]:
        for _ in range(PAUSES):
            token = TOKENS.get(self._key)
            if token:
                return token
            if TOKENS.claim(self._key):
                break
            yield pause()
        try:
            return (yield from self._fetch_token())
        except OutcomeUnknown as error:
            raise NotSent("PayPal gave no access token, so nothing was asked. Try again.") from error
        finally:
            TOKENS.release(self._key)

    def _fetch_token(self) -> Operation[str]:
        credentials = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        response = yield HttpRequest(
            method="POST",
            url=f"{self.url}/v1/oauth2/token",
            purpose="paypal.token",
            headers={"authorization": f"Basic {credentials}", "content-type": "application/x-www-form-urlencoded"},
            body=b"grant_type=client_credentials",
        )
        if response.status in (400, UNAUTHORIZED):
            raise ConfigError("PayPal does not know the client id and its secret. Check both.")
        answer = _read(response, "paypal.token")
        token, seconds = answer.data.get("access_token"), answer.data.get("expires_in")
        if not answer.ok or not isinstance(token, str) or not isinstance(seconds, int):
            raise OutcomeUnknown("PayPal's access token could not be read.")
        TOKENS.put(self._key, token, seconds)
        return token


def _read(response: HttpResponse, purpose: str) -> Answer:
    if response.status == TOO_MANY:
        raise RateLimited("PayPal asked us to slow down.", retry_after=_seconds(response))
    if not 200 <= response.status < 500:
        raise OutcomeUnknown("PayPal answered with an error page.", purpose=purpose, status=response.status)
    good = response.status < 300
    data = {} if good and not response.body else _json(response.body, purpose)
    return Answer(response.status, data, "" if good else _issue(data, purpose))


def _json(body: bytes, purpose: str) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise OutcomeUnknown("PayPal's answer could not be read.", purpose=purpose) from error
    if not isinstance(data, dict):
        raise OutcomeUnknown("PayPal's answer is not an object.", purpose=purpose)
    return data


def _issue(data: Mapping[str, Any], purpose: str) -> str:
    details = data.get("details")
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    issue = first.get("issue") or data.get("name") or data.get("error")
    if not isinstance(issue, str) or not issue:
        raise OutcomeUnknown("PayPal's refusal names no reason.", purpose=purpose)
    return issue[:LONGEST_CODE]


def _seconds(response: HttpResponse) -> int:
    text = response.headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() and int(text) else 60
