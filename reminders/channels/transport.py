"""Runs many operations of one channel at once, on threads that share the pooled HTTP client."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from django.http import HttpRequest as DjangoRequest

from common.http import Operation, run
from reminders.channels.base import HttpIn

Key = TypeVar("Key")
Result = TypeVar("Result")


def run_all(operations: Iterable[tuple[Key, Operation[Result]]], *, at_once: int) -> Iterator[tuple[Key, Result]]:
    """Yields each result as it comes, also while more operations are still being made. Leaving the iteration early
    waits for what is under way and starts no more. No more operations are taken than are soon begun: whoever makes
    them may look at the world as late as possible."""
    done: SimpleQueue[Future[Result]] = SimpleQueue()
    keys: dict[Future[Result], Key] = {}
    with ThreadPoolExecutor(at_once, thread_name_prefix="channel") as pool:
        try:
            for key, operation in operations:
                future = pool.submit(run, operation)
                keys[future] = key
                future.add_done_callback(done.put)
                while len(keys) >= 2 * at_once or not done.empty():
                    yield _taken(keys, done.get())
            while keys:
                yield _taken(keys, done.get())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _taken(keys: dict[Future[Result], Key], future: Future[Result]) -> tuple[Key, Result]:
    return keys.pop(future), future.result()


def gathered(results: Iterable[Result], *, most: int, seconds: float) -> Iterator[list[Result]]:
    """Results in handfuls, to be written down together: a full one, or what is there when the first has waited long.

    Only the next result wakes it, so one that hangs holds up the few of its handful until its time is over.
    """
    handful: list[Result] = []
    began = 0.0
    for result in results:
        began = began if handful else time.monotonic()
        handful.append(result)
        if len(handful) >= most or time.monotonic() - began >= seconds:
            yield handful
            handful = []
    if handful:
        yield handful


def http_in(request: DjangoRequest, *, public_url: str) -> HttpIn:
    """A webhook as the provider signed it: `public_url` comes from settings, because Host is the caller's to choose."""
    return HttpIn(
        method=request.method or "",
        url=public_url.rstrip("/") + request.get_full_path(),
        headers=dict(request.headers),
        body=request.body,
    )
