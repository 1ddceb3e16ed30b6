"""Alipay's one URL: signed form requests out, signed JSON answers in."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from common.http import HttpRequest, HttpResponse, Operation, OutcomeUnknown
from wallets.providers.alipay import codes
from wallets.providers.alipay.certificates import Certificates
from wallets.providers.alipay.content import ContentKey
from wallets.providers.alipay.signing import Signer, Verifier, request_content, top_level_values
from wallets.providers.errors import RateLimited
from wallets.providers.messages import DeclineInfo

# The gateway's clock is GMT+8 wherever our server stands; there has been no daylight saving since 1991.
ALIPAY_ZONE = timezone(timedelta(hours=8))
FORM = "application/x-www-form-urlencoded;charset=utf-8"
OK = 200
TOO_MANY = 429


def alipay_time(moment: datetime) -> str:
    return moment.astimezone(ALIPAY_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def read_time(text: str | None) -> datetime | None:
    """Alipay's local time as an aware instant; `None` for anything that is not one."""
    try:
        return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=ALIPAY_ZONE)
    except ValueError:
        return None


@dataclass(frozen=True)
class Answer:
    """A verified answer; `code` is the most specific code Alipay gave."""

    ok: bool
    code: str
    message: str
    data: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.data.get(name)
        return "" if value is None else str(value)

    def decline(self) -> DeclineInfo:
        return codes.classify(self.code, self.message)


@dataclass(frozen=True, kw_only=True)
class Gateway:
    url: str
    app_id: str
    signer: Signer
    verifier: Verifier
    now: Callable[[], datetime]
    certificates: Certificates | None = None
    content_key: ContentKey | None = None

    def page_url(self, method: str, content: Mapping[str, Any], *, notify_url: str, return_url: str) -> str:
        """A signed address for the payer's browser; nothing reaches Alipay until it is opened."""
        return f"{self.url}?{self._signed(method, content, {'notify_url': notify_url, 'return_url': return_url})}"

    def order_string(self, method: str, content: Mapping[str, Any], *, notify_url: str) -> str:
        """What an app hands to Alipay's SDK; nothing reaches Alipay until it does."""
        return self._signed(method, content, {"notify_url": notify_url})

    def call(self, method: str, content: Mapping[str, Any], *, notify_url: str = "") -> Operation[Answer]:
        response = yield HttpRequest(
            method="POST",
            url=f"{self.url}?charset=utf-8",
            purpose=method,
            headers={"content-type": FORM},
            body=self._signed(method, content, {"notify_url": notify_url}).encode(),
        )
        return self._read(method, response)

    def today(self) -> date:
        return self.now().astimezone(ALIPAY_ZONE).date()

    def _signed(self, method: str, content: Mapping[str, Any], extra: Mapping[str, str]) -> str:
        """The parameters and their signature as a form."""
        parameters = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": alipay_time(self.now()),
            "version": "1.0",
            **self._content(json.dumps(content, ensure_ascii=False, separators=(",", ":"))),
            **(self.certificates.request_fields if self.certificates else {}),
            **{name: value for name, value in extra.items() if value},
        }
        # Three marks of base64 need escaping; looking at each of its letters would take as long as checking the answer.
        signature = self.signer.sign(request_content(parameters))
        escaped = signature.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        return f"{urlencode(parameters)}&sign={escaped}"

    def _content(self, text: str) -> dict[str, str]:
        if self.content_key is None:
            return {"biz_content": text}
        return {"biz_content": self.content_key.encrypt(text), "encrypt_type": "AES"}

    def _read(self, method: str, response: HttpResponse) -> Answer:
        if response.status == TOO_MANY:
            raise RateLimited("Alipay asked us to slow down.", retry_after=_seconds(response))
        if response.status != OK:
            raise OutcomeUnknown("Alipay's gateway answered with an error page.", status=response.status)
        answer = _answer(self._verified(method, response.body))
        if answer.code in codes.RATE_LIMITED:
            raise RateLimited("Alipay asked us to slow down.")
        return answer

    def _verified(self, method: str, body: bytes) -> dict[str, Any]:
        try:
            values = top_level_values(body.decode())
            name = next(key for key in (method.replace(".", "_") + "_response", "error_response") if key in values)
            signature, certificate = (json.loads(values.get(key, '""')) for key in ("sign", "alipay_cert_sn"))
            genuine = isinstance(signature, str) and self.verifier.verify(values[name].encode(), signature)
            if not genuine or not self._certified(certificate):
                raise OutcomeUnknown("Alipay's answer is not signed by Alipay's key. Check the key.", purpose=method)
            return self._opened(json.loads(values[name]))
        except (ValueError, StopIteration, RecursionError) as error:
            raise OutcomeUnknown("Alipay's answer could not be read.", purpose=method) from error

    def _certified(self, serial: Any) -> bool:
        """In certificate mode the answer names the certificate it was signed with."""
        return self.certificates is None or serial in ("", self.certificates.alipay_sn)

    def _opened(self, data: Any) -> dict[str, Any]:
        if isinstance(data, str) and self.content_key:
            data = json.loads(self.content_key.decrypt(data))
        if not isinstance(data, dict):
            raise ValueError("the answer is not an object")
        return data


def _answer(data: dict[str, Any]) -> Answer:
    code = str(data.get("code", ""))
    specific = str(data.get("sub_code") or code)
    message = str(data.get("sub_msg") or data.get("msg") or "")
    return Answer(ok=code == codes.SUCCESS, code=specific, message=message, data=data)


def _seconds(response: HttpResponse) -> int:
    text = response.headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() else 60
