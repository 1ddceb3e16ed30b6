"""Lets the official SDK build the requests and read the answers while our driver carries them.

An asynchronous call of the SDK is a coroutine that waits for nothing but its HTTP client. This client hands each
request to whoever runs the coroutine, so a call is an `Operation`: it yields `HttpRequest`s, receives `HttpResponse`s.
"""

import logging
import re
import types
from collections.abc import Generator, Mapping
from urllib.parse import urlsplit

import stripe

from common.http import HttpRequest, HttpResponse

# The SDK would report our timings and platform to Stripe, and write parameters and Stripe's texts to the log.
stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)

_WORD = re.compile(r"[a-z_]+")


class Bridge(stripe.HTTPClient):
    name = "platform"

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        body = (post_data or "").encode()
        request = HttpRequest(
            method=method.upper(), url=url, purpose=_purpose(method, url), headers=dict(headers), body=body
        )
        response = await _carried(request)
        return response.body, response.status, response.headers

    def close(self) -> None:
        """The driver owns the connections."""


@types.coroutine
def _carried(request: HttpRequest) -> Generator[HttpRequest, HttpResponse, HttpResponse]:
    return (yield request)


def _purpose(method: str, url: str) -> str:
    """The path without ids: for logs."""
    words = [part for part in urlsplit(url).path.split("/")[2:] if _WORD.fullmatch(part)]
    return ".".join(["stripe", method, *words])
