"""The wire: a chat completion of an OpenAI-style service, asked once, with little patience."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from common.errors import PlatformError
from common.http import HttpRequest, HttpResponse, NotSent, OutcomeUnknown, run
from common.http.messages import Operation

PATIENCE = 15
LARGEST_ANSWER = 64 << 10
MOST_TOKENS = 400
Turn = dict[str, str]


class NoDraft(PlatformError):
    code = "no_draft"
    status = 503


def is_on() -> bool:
    return bool(settings.DRAFTS_URL and settings.DRAFTS_MODEL)


def complete(turns: Sequence[Turn]) -> str:
    """The words of the first choice. Raises NoDraft, whose words say what to do: nothing is ever tried twice."""
    try:
        return run(_ask(turns))
    except (NotSent, OutcomeUnknown) as error:
        raise NoDraft(str(_("The writing service does not answer. Write it yourself, or try later."))) from error


def _ask(turns: Sequence[Turn]) -> Operation[str]:
    body = {"model": settings.DRAFTS_MODEL, "messages": list(turns), "max_tokens": MOST_TOKENS, "temperature": 0.2}
    headers = {"Content-Type": "application/json"}
    if settings.DRAFTS_KEY:
        headers["Authorization"] = f"Bearer {settings.DRAFTS_KEY}"
    answer = yield HttpRequest(
        method="POST",
        url=settings.DRAFTS_URL.rstrip("/") + "/chat/completions",
        purpose="drafts.complete",
        headers=headers,
        body=json.dumps(body, ensure_ascii=False).encode(),
        max_bytes=LARGEST_ANSWER,
        deadline_seconds=PATIENCE,
    )
    return _words_of(answer)


def _words_of(answer: HttpResponse) -> str:
    if answer.status != HTTPStatus.OK:
        raise NoDraft(str(_("The writing service refused. Write it yourself, or try later.")), answered=answer.status)
    try:
        words = json.loads(answer.body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise NoDraft(str(_("The writing service answered something unreadable."))) from error
    if not isinstance(words, str):
        raise NoDraft(str(_("The writing service answered something unreadable.")))
    return words
