"""Requests, responses and the shape of an operation."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

MEGABYTE = 1 << 20

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """`purpose` names the call in logs. The URL's query, the headers and the body never appear in a log or a repr."""

    method: str
    url: str = field(repr=False)
    purpose: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    max_bytes: int = 2 * MEGABYTE
    deadline_seconds: int = 30

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """Header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Call:
    """For a vendor's SDK that owns its transport: the same call in both forms.

    Both must raise `NotSent` or `OutcomeUnknown` for transport failures, as the driver does for an `HttpRequest`.
    """

    purpose: str
    blocking: Callable[[], Any]
    awaitable: Callable[[], Awaitable[Any]]


Step = HttpRequest | Call
Operation = Generator[Step, Any, T]


def done(value: T) -> Operation[T]:
    """An operation that needs no network."""
    return value
    yield
