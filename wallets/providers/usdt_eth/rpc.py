"""JSON-RPC to an Ethereum node: many questions in one exchange, answers read strictly."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from common.http import HttpRequest, HttpResponse, Operation, OutcomeUnknown
from wallets.providers.errors import RateLimited

OK = 200
TOO_MANY = 429
LIMIT_EXCEEDED = -32005
LARGEST_ANSWER = 16 << 20
MOST_AT_ONCE = 100
_QUANTITY = re.compile(r"0x[0-9a-f]{1,64}", re.ASCII)

Question = tuple[str, list[Any]]


@dataclass(frozen=True)
class RpcError:
    """The node refused one question; `code` is its own."""

    code: int


@dataclass(frozen=True, kw_only=True)
class Node:
    url: str = field(repr=False)
    key: str = field(default="", repr=False)

    def ask(self, questions: Sequence[Question]) -> Operation[list[Any]]:
        """Results in the order of the questions, `RpcError` for a refused one. Raises `OutcomeUnknown` for rubbish."""
        answers: list[Any] = []
        for place in range(0, len(questions), MOST_AT_ONCE):
            answers += yield from self._exchange(questions[place : place + MOST_AT_ONCE])
        return answers

    def _exchange(self, questions: Sequence[Question]) -> Operation[list[Any]]:
        calls = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            for number, (method, parameters) in enumerate(questions, 1)
        ]
        authorization = {"authorization": f"Bearer {self.key}"} if self.key else {}
        response = yield HttpRequest(
            method="POST",
            url=self.url,
            purpose=f"ethereum.{questions[0][0]}",
            headers={"content-type": "application/json", **authorization},
            body=json.dumps(calls, separators=(",", ":")).encode(),
            max_bytes=LARGEST_ANSWER,
        )
        return _read(response, len(questions))


def needed(answer: Any) -> Any:
    """The answer, if it is one; raises `RateLimited` or `OutcomeUnknown` for a refusal."""
    if not isinstance(answer, RpcError):
        return answer
    if answer.code == LIMIT_EXCEEDED:
        raise RateLimited("The Ethereum node asked us to slow down.")
    raise OutcomeUnknown("The Ethereum node refused a question.", provider_code=str(answer.code))


def quantity(text: Any) -> int:
    """Raises `ValueError` for what is not a hexadecimal quantity."""
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text):
        raise ValueError("not a quantity")
    return int(text, 16)


def _read(response: HttpResponse, count: int) -> list[Any]:
    if response.status == TOO_MANY:
        after = response.headers.get("retry-after", "")
        raise RateLimited(
            "The Ethereum node asked us to slow down.",
            retry_after=int(after) if after.isascii() and after.isdigit() else 60,
        )
    if response.status != OK:
        raise OutcomeUnknown("The Ethereum node answered with an error page.", status=response.status)
    try:
        parsed = json.loads(response.body)
        if isinstance(parsed, dict):
            return [_result(parsed)] * count if "error" in parsed else _in_order([parsed], count)
        return _in_order(parsed, count)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise OutcomeUnknown("The Ethereum node's answer could not be read.") from error


def _in_order(parsed: list[dict[str, Any]], count: int) -> list[Any]:
    by_id = {one["id"]: _result(one) for one in parsed}
    if len(parsed) != count:
        raise ValueError("not every question was answered")
    return [by_id[number] for number in range(1, count + 1)]


def _result(one: dict[str, Any]) -> Any:
    if one.get("error") is not None:
        return RpcError(int(one["error"]["code"]))
    return one["result"]
