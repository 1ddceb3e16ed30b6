"""Runs many operations of one channel at once, on threads that share the pooled HTTP client."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from django.http import HttpRequest as DjangoRequest

from common.http import Operation, run
from reminders.channels.base import HttpIn

Key = TypeVar("Key")
Result = TypeVar("Result")


def run_all(operations: Iterable[tuple[Key, Operation[Result]]], *, at_once: int) -> Iterator[tuple[Key, Result]]:
    """Yields each result as it comes. Leaving the iteration early waits for what is under way and starts no more."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="channel") as pool:
        keys = {pool.submit(run, operation): key for key, operation in operations}
        try:
            for future in as_completed(keys):
                yield keys[future], future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def http_in(request: DjangoRequest, *, public_url: str) -> HttpIn:
    """A webhook as the provider signed it: `public_url` comes from settings, because Host is the caller's to choose."""
    return HttpIn(
        method=request.method or "",
        url=public_url.rstrip("/") + request.get_full_path(),
        headers=dict(request.headers),
        body=request.body,
    )
