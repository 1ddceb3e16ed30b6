"""Asking Stripe: one call of the SDK as an operation, its errors told apart."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import stripe

from common.http import Operation, OutcomeUnknown
from wallets.providers.errors import RateLimited
from wallets.providers.stripe.transport import Bridge

TOO_MANY, IN_USE, SERVER_ERROR = 429, 409, 500
LOCKED = "lock_timeout"
RETRY_SECONDS = 5

Fields = Mapping[str, Any]


class Refused(Exception):
    """Stripe understood and said no. Never leaves this package."""

    def __init__(self, error: Fields, status: int) -> None:
        super().__init__(str(error.get("code") or error.get("type")))
        self.error, self.status = error, status

    def text(self, name: str) -> str:
        value = self.error.get(name)
        return value if isinstance(value, str) else ""

    @property
    def missing(self) -> bool:
        return self.text("code") == "resource_missing"


@dataclass(frozen=True)
class Raw:
    """Carries what the SDK's services ask for and brings the answer as it was parsed.

    Building the SDK's objects takes longer than the whole exchange, and nobody here reads them.
    """

    client: stripe.StripeClient

    async def request_async(
        self, method: str, url: str, params: Fields | None = None, options: Fields | None = None, **about: Any
    ) -> Any:
        return await self.client.raw_request_async(method, url, **{**(params or {}), **(options or {})})


@dataclass(frozen=True, kw_only=True)
class Client:
    """`account` is the connected account that every call is made for, empty for the key's own account."""

    api_key: str = field(repr=False)
    url: str
    account: str = ""
    livemode: bool

    @cached_property
    def _api(self) -> Any:
        client = stripe.StripeClient(
            self.api_key,
            http_client=Bridge(),
            base_addresses={"api": self.url},
            stripe_account=self.account or None,
            max_network_retries=0,
        )
        return stripe.V1Services(Raw(client))

    def ask(self, call: Callable[[Any], Coroutine[Any, Any, Any]]) -> Operation[Fields]:
        """One call. Raises `Refused`, `RateLimited` or `OutcomeUnknown`; objects of the other mode are not believed."""
        try:
            answer = yield from call(self._api).__await__()
            headers, found = answer.headers, {**answer.data}
        except stripe.StripeError as error:
            # The SDK's error carries Stripe's whole answer, which must not reach a log.
            raise _told_apart(error) from None
        except (AttributeError, TypeError, ValueError, KeyError, RecursionError):
            raise OutcomeUnknown("Stripe's answer could not be read.") from None
        if found.get("livemode", self.livemode) is not self.livemode:
            raise OutcomeUnknown("Stripe answered in another mode than the key's.")
        found["replayed"] = headers.get("idempotent-replayed") == "true"
        return found

    def pages(self, call: Callable[[Any, Fields], Coroutine[Any, Any, Any]], most: int) -> Operation[list[Fields]]:
        """All objects of a list; raises `OutcomeUnknown` when there are more than `most` pages."""
        found: list[Fields] = []
        after: Fields = {}
        for _ in range(most):
            answer = yield from self.ask(_with(call, after))
            found += answer.get("data") or []
            if not answer.get("has_more") or not answer.get("data"):
                return found
            after = {"starting_after": found[-1]["id"]}
        raise OutcomeUnknown("There is too much at Stripe to look through.")


def _with(call: Callable[[Any, Fields], Any], after: Fields) -> Callable[[Any], Any]:
    return lambda api: call(api, after)


def _told_apart(error: stripe.StripeError) -> Exception:
    status = error.http_status or 0
    body = error.json_body if isinstance(error.json_body, Mapping) else {}
    described = body.get("error")
    if status in (TOO_MANY, IN_USE):
        return RateLimited("Stripe asked us to slow down.", retry_after=_seconds(error))
    if isinstance(error, stripe.APIError) or status >= SERVER_ERROR or not isinstance(described, Mapping):
        return OutcomeUnknown("Stripe gave no usable answer.", status=status)
    return Refused(described, status)


def _seconds(error: stripe.StripeError) -> int:
    text = str((error.headers or {}).get("retry-after", ""))
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else RETRY_SECONDS
