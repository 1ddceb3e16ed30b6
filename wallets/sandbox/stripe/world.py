"""What every part of the simulated Stripe needs: objects by id, the clock, refusals, lists, search and expansion."""

import re
import secrets
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.notifier import Notifier
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store

SEARCH_LAG_SECONDS = 60
KINDS = {
    "pi": "payment_intent", "ch": "charge", "re": "refund", "pm": "payment_method", "cus": "customer",
    "seti": "setup_intent", "mandate": "mandate", "cs": "checkout.session", "txn": "balance_transaction",
    "du": "dispute", "evt": "event",
}  # fmt: skip
_QUERY = re.compile(r"metadata\['([\w-]{1,40})'\]:'([\w-]{1,500})'", re.ASCII)
_LETTERS = string.ascii_letters + string.digits


class ApiError(Refused):
    """An error as Stripe's API words it."""

    def __init__(self, status: int, text: str, **fields: Any) -> None:
        super().__init__(str(fields.get("code") or fields.get("type") or "invalid_request_error"), text)
        self.status = status
        self.body = {"message": text, "type": "invalid_request_error", **fields}


def missing(kind: str, name: str, param: str = "id") -> ApiError:
    return ApiError(404, f"No such {kind}: '{name[:80]}'", code="resource_missing", param=param)


def store_kind(kind: str) -> str:
    return f"stripe.{kind.replace('checkout.', '')}"


@dataclass
class World:
    store: Store
    clock: SandboxClock
    notifier: Notifier
    faults: Faults
    api_key: str
    webhook_secret: str
    account: str
    default_endpoint: str = ""
    # What happens by itself as time passes, by kind, applied whenever an object is looked at.
    ageing: dict[str, Callable[["World", Document], Document]] = field(default_factory=dict)

    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def new_id(self, prefix: str, length: int = 24) -> str:
        return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(length))}"

    def save(self, body: Document) -> Document:
        return self.store.put(store_kind(body["object"]), body["id"], body)

    def find(self, kind: str, name: str) -> Document | None:
        found = self.store.get(store_kind(kind), name)
        return self._aged(found) if found else None

    def get(self, kind: str, name: object, *, param: str = "id", status: int = 404) -> Document:
        found = self.find(kind, name) if isinstance(name, str) else None
        if found is None:
            error = missing(kind, str(name), param)
            error.status = status
            raise error
        return found

    def everything(self, kind: str) -> list[Document]:
        """Newest first."""
        return [self._aged(body) for body in reversed(self.store.all(store_kind(kind)))]

    def _aged(self, body: Document) -> Document:
        happen = self.ageing.get(body["object"])
        return happen(self, body) if happen else body

    def listed(self, kind: str, params: Document, url: str, filters: tuple[str, ...]) -> Document:
        found = [body for body in self.everything(kind) if _matches(body, params, filters)]
        after = params.get("starting_after")
        if after:
            names = [body["id"] for body in found]
            if after not in names:
                raise missing(kind, str(after), "starting_after")
            found = found[names.index(after) + 1 :]
        limit = _limit(params)
        return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": url}

    def searched(self, kind: str, params: Document, url: str) -> Document:
        """By one metadata field. Like the real one it is behind: what is younger than a minute is not there yet."""
        match = _QUERY.fullmatch(str(params.get("query", "")))
        if not match:
            raise ApiError(400, "The query is not valid.", param="query")
        known = [body for body in self.everything(kind) if body["created"] <= self.now() - SEARCH_LAG_SECONDS]
        found = [body for body in known if body["metadata"].get(match[1]) == match[2]][: _limit(params)]
        return {"object": "search_result", "data": found, "has_more": False, "next_page": None, "url": url}

    def expanded(self, body: Document, paths: object) -> Document:
        for path in paths if isinstance(paths, list) else []:
            for holder, name in _holders(body, str(path).split(".")):
                self._expand(holder, name)
        return body

    def _expand(self, holder: Document, name: str) -> None:
        value = holder.get(name)
        if isinstance(value, str):
            kind = KINDS.get(value.split("_")[0])
            if kind is None:
                raise ApiError(400, f"This property cannot be expanded ({name}).", param="expand")
            holder[name] = self.get(kind, value)


def _holders(body: Any, path: list[str]) -> Iterator[tuple[Document, str]]:
    """Walks outside in, so that a later part of the path sees what an earlier call expanded."""
    if isinstance(body, list):
        for one in body:
            yield from _holders(one, path)
    elif isinstance(body, dict) and path:
        if path[0] != "data":
            yield body, path[0]
        yield from _holders(body.get(path[0]), path[1:])


def _limit(params: Document) -> int:
    text = str(params.get("limit", 10))
    if not text.isdigit() or not 1 <= int(text) <= 100:
        raise ApiError(400, "limit must be 1 to 100", param="limit", code="parameter_invalid_integer")
    return int(text)


def _matches(body: Document, params: Document, filters: tuple[str, ...]) -> bool:
    created = params.get("created") or {}
    bounds = {"gte": int.__ge__, "gt": int.__gt__, "lte": int.__le__, "lt": int.__lt__}
    in_time = all(bounds[name](body["created"], int(value)) for name, value in created.items())
    return in_time and all(body.get(name) == params[name] for name in filters if name in params)
