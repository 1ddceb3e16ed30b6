"""Who pays, asked of WeChat in its own browser: an openid, without which JSAPI takes no order.

Source: 网页授权 of WeChat's official accounts. The scope `snsapi_base` is silent: the payer is asked nothing. These
addresses are not WeChat Pay's: nothing is signed, the encrypted connection vouches, and the app's secret says who asks.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.http import HttpRequest, HttpResponse, Operation, OutcomeUnknown
from wallets.providers.errors import ConfigError, RateLimited

SILENT = "snsapi_base"
# The code's letters, and how many at most we pass on.
CODE = re.compile(r"[\w-]{1,128}", re.ASCII)
OPENID = re.compile(r"[\w-]{20,64}", re.ASCII)
LARGEST_ANSWER = 64 << 10
OK = 200

SPENT_CODES = frozenset({40029, 40163, 41008, 42003})
OUR_SETTINGS = frozenset({40001, 40002, 40013, 40125, 41002, 41004, 48001, 50001, 50002})
TOO_MANY = frozenset({45009, 45011})


@dataclass(frozen=True, kw_only=True)
class OfficialAccount:
    """The 公众号 whose app id the orders carry: an openid is good for the app that asked, and for no other."""

    app_id: str
    secret: str = field(repr=False)
    page_url: str
    api_url: str

    def page(self, return_url: str, state: str) -> str:
        """WeChat compares the address letter by letter: these names, in this order, with this end."""
        names = {"appid": self.app_id, "redirect_uri": return_url, "response_type": "code"}
        query = urlencode({**names, "scope": SILENT, "state": state})
        return f"{self.page_url}/connect/oauth2/authorize?{query}#wechat_redirect"

    def openid(self, code: str) -> Operation[str]:
        """A code is good once, within five minutes. What else the answer holds (tokens) is dropped."""
        if not CODE.fullmatch(code):
            raise _ask_again()
        return self._openid(code)

    def _openid(self, code: str) -> Operation[str]:
        names = {"appid": self.app_id, "secret": self.secret, "code": code, "grant_type": "authorization_code"}
        url = f"{self.api_url}/sns/oauth2/access_token?{urlencode(names)}"
        response = yield HttpRequest(method="GET", url=url, purpose="wechat.payer", max_bytes=LARGEST_ANSWER)
        answer = _object(response)
        _refuse(answer.get("errcode"))
        openid = answer.get("openid")
        if not isinstance(openid, str) or not OPENID.fullmatch(openid):
            raise OutcomeUnknown("WeChat's answer lacks a field.", field="openid")
        return openid


def _object(response: HttpResponse) -> Mapping[str, Any]:
    try:
        answer = json.loads(response.body) if response.status == OK else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise OutcomeUnknown("WeChat did not say who pays.", status=response.status)
    return answer


def _refuse(code: object) -> None:
    """WeChat refuses with status 200 and a number; no number, or 0, is no refusal."""
    if code in (None, 0):
        return
    if not isinstance(code, int):
        raise OutcomeUnknown("WeChat did not say who pays.")
    if code in SPENT_CODES:
        raise _ask_again()
    if code in OUR_SETTINGS:
        raise ConfigError(f"WeChat refuses the official account ({code}). Check 'app_id' and secret 'app_secret'.")
    if code in TOO_MANY:
        raise RateLimited("WeChat asked us to slow down.")
    raise OutcomeUnknown("WeChat did not say who pays.", provider_code=str(code))


def _ask_again() -> InvalidInput:
    return InvalidInput(_("WeChat did not confirm who pays. No money has moved. Choose again how to pay."))
