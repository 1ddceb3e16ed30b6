"""APIv3: signed JSON requests out, signed JSON answers in."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from common.http import HttpRequest, HttpResponse, Operation, OutcomeUnknown
from wallets.providers.errors import RateLimited
from wallets.providers.wechat.answers import Answer, seconds_to_wait
from wallets.providers.wechat.signing import Keyring, Signer, lines
from wallets.providers.wechat.times import is_fresh

SCHEME = "WECHATPAY2-SHA256-RSA2048"
TOO_MANY = 429
SERVER_FAULT = 500
GOOD = range(200, 300)
REFUSED = range(400, SERVER_FAULT)


@dataclass(frozen=True, kw_only=True)
class V3:
    """`url` is the API's base, `serial` the serial number of the merchant's own certificate."""

    url: str
    mch_id: str
    serial: str
    signer: Signer
    keyring: Keyring
    now: Callable[[], datetime]

    def call(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, *, purpose: str
    ) -> Operation[Answer]:
        body = b"" if content is None else json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        response = yield self.request(method, self.url + path, body, purpose=purpose)
        return self._read(response, purpose)

    def request(
        self, method: str, url: str, body: bytes = b"", *, purpose: str, max_bytes: int = 2 << 20
    ) -> HttpRequest:
        headers = {
            "accept": "application/json",
            "content-type": "application/json",
            "authorization": self._authorization(method, url, body),
            "user-agent": "collections-platform",
        }
        return HttpRequest(
            method=method, url=url, purpose=f"wechat.{purpose}", headers=headers, body=body, max_bytes=max_bytes
        )

    def verified(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether these headers and exact bytes were signed by WeChat Pay not long ago."""
        timestamp = headers.get("wechatpay-timestamp", "")
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return False
        content = lines(timestamp, headers.get("wechatpay-nonce", ""), text)
        serial, signature = headers.get("wechatpay-serial", ""), headers.get("wechatpay-signature", "")
        return is_fresh(timestamp, self.now()) and self.keyring.verify(serial, content, signature)

    def _authorization(self, method: str, url: str, body: bytes) -> str:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        timestamp, nonce = str(int(self.now().timestamp())), secrets.token_hex(16)
        signature = self.signer.sign(lines(method, target, timestamp, nonce, body.decode()))
        return (
            f'{SCHEME} mchid="{self.mch_id}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{timestamp}",serial_no="{self.serial}"'
        )

    def _read(self, response: HttpResponse, purpose: str) -> Answer:
        if response.status == TOO_MANY:
            raise RateLimited("WeChat Pay asked us to slow down.", retry_after=seconds_to_wait(response))
        if response.status not in GOOD and response.status not in REFUSED:
            raise OutcomeUnknown("WeChat Pay answered with an error page.", status=response.status)
        if not self.verified(response.headers, response.body):
            raise OutcomeUnknown("The answer is not signed by WeChat Pay's key. Check the keys.", purpose=purpose)
        data = _object(response.body)
        code = "" if response.status in GOOD else str(data.get("code") or "")
        return Answer(ok=response.status in GOOD, code=code, message=str(data.get("message") or ""), data=data)


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body) if body else {}
    except (ValueError, RecursionError) as error:
        raise OutcomeUnknown("WeChat Pay's answer could not be read.") from error
    if not isinstance(data, dict):
        raise OutcomeUnknown("WeChat Pay's answer could not be read.")
    return data
