"""APIv2: signed XML requests out, signed XML answers in."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from common.http import HttpRequest, HttpResponse, Operation, OutcomeUnknown
from wallets.providers.errors import RateLimited
from wallets.providers.wechat import xml
from wallets.providers.wechat.answers import Answer, seconds_to_wait
from wallets.providers.wechat.signing_v2 import HMAC_SHA256, MD5, SharedKey

OK = 200
TOO_MANY = 429
SUCCESS = "SUCCESS"


@dataclass(frozen=True, kw_only=True)
class V2:
    """The merchant's side of APIv2."""

    url: str
    mch_id: str
    app_id: str
    key: SharedKey
    now: Callable[[], datetime]

    def order(self, path: str, fields: Mapping[str, str]) -> Operation[Answer]:
        """A call about money, signed with HMAC-SHA256."""
        extra = {"nonce_str": secrets.token_hex(16), "sign_type": HMAC_SHA256}
        return self._call(path, {**fields, **extra}, HMAC_SHA256)

    def contract(self, path: str, fields: Mapping[str, str]) -> Operation[Answer]:
        """A call about a contract: those know neither nonce nor `sign_type` and are signed with MD5."""
        return self._call(path, {**fields, "version": "1.0"}, MD5)

    def page(self, path: str, fields: Mapping[str, str], sign_type: str) -> str:
        """A signed address: values are signed as they are and encoded once, for transport."""
        every = {"appid": self.app_id, "mch_id": self.mch_id, **fields}
        query = urlencode({**every, "sign": self.key.sign(every, sign_type)})
        return f"{self.url}{path}?{query}"

    def get(self, url: str, *, purpose: str) -> Operation[Answer]:
        """For `h5entrustweb`, whose answer need not be signed: it moves nothing and its address is checked."""
        response = yield HttpRequest(method="GET", url=url, purpose=f"wechat.{purpose}")
        return self._read(response, signed=False)

    def _call(self, path: str, fields: Mapping[str, str], sign_type: str) -> Operation[Answer]:
        every = {"appid": self.app_id, "mch_id": self.mch_id, **fields}
        every = {name: value for name, value in every.items() if value}
        body = xml.write({**every, "sign": self.key.sign(every, sign_type)})
        response = yield HttpRequest(
            method="POST",
            url=self.url + path,
            purpose=f"wechat.{path.rpartition('/')[2]}",
            headers={"content-type": "text/xml; charset=utf-8"},
            body=body,
        )
        return self._read(response, signed=True)

    def _read(self, response: HttpResponse, *, signed: bool) -> Answer:
        if response.status == TOO_MANY:
            raise RateLimited("WeChat Pay asked us to slow down.", retry_after=seconds_to_wait(response))
        if response.status != OK:
            raise OutcomeUnknown("WeChat Pay answered with an error page.", status=response.status)
        try:
            fields = xml.read(response.body)
        except ValueError as error:
            raise OutcomeUnknown("WeChat Pay's answer could not be read.") from error
        self._check(fields, signed=signed or "sign" in fields)
        ok = fields.get("result_code") == SUCCESS
        code = "" if ok else fields.get("err_code", "")
        return Answer(ok=ok, code=code, message=fields.get("err_code_des", ""), data=fields)

    def _check(self, fields: Mapping[str, str], *, signed: bool) -> None:
        """Refusals before the business (`return_code` FAIL) are not signed, so they prove nothing."""
        if fields.get("return_code") != SUCCESS:
            raise OutcomeUnknown("WeChat Pay did not read the request. Check key, merchant and parameters.")
        if signed and not self.key.verify(fields):
            raise OutcomeUnknown("The answer is not signed with our APIv2 key. Check the key.")
        named = fields.get("mch_id", self.mch_id), fields.get("appid", self.app_id)
        if named != (self.mch_id, self.app_id):
            raise OutcomeUnknown("WeChat Pay answered about another merchant.")
