"""A verified answer of either API generation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.http import HttpResponse
from wallets.providers.messages import DeclineInfo
from wallets.providers.wechat import codes

WAIT_SECONDS = 60
LONGEST_MESSAGE = 200


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`ok` says the call worked, nothing about money; `code` is WeChat's own word for a refusal."""

    ok: bool
    code: str = ""
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.data.get(name)
        return "" if value is None else str(value)

    def decline(self) -> DeclineInfo:
        return codes.classify(self.code[:64], self.message[:LONGEST_MESSAGE])


def seconds_to_wait(response: HttpResponse) -> int:
    text = response.headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) else WAIT_SECONDS
