"""Access tokens of this process, shared by its threads and event loops; none is fetched twice at the same time."""

import asyncio
import time
from collections.abc import Hashable
from threading import Lock

from common.http import Call

REFRESH_EARLY_SECONDS = 60
CLAIM_SECONDS = 20
PAUSE_SECONDS = 0.05
PAUSES = 200


class TokenCache:
    """Counts in the machine's own seconds: the platform's clock can be moved, a token's life cannot."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens: dict[Hashable, tuple[str, float]] = {}
        self._claims: dict[Hashable, float] = {}

    def get(self, key: Hashable) -> str:
        with self._lock:
            token, ends = self._tokens.get(key, ("", 0.0))
            return token if time.monotonic() < ends else ""

    def claim(self, key: Hashable) -> bool:
        """Whether the caller is the one to fetch; a claim whose holder vanished runs out."""
        moment = time.monotonic()
        with self._lock:
            if self._claims.get(key, 0.0) > moment:
                return False
            self._claims[key] = moment + CLAIM_SECONDS
            return True

    def release(self, key: Hashable) -> None:
        with self._lock:
            self._claims.pop(key, None)

    def put(self, key: Hashable, token: str, seconds: int) -> None:
        with self._lock:
            self._tokens[key] = (token, time.monotonic() + max(seconds - REFRESH_EARLY_SECONDS, 0))

    def drop(self, key: Hashable, token: str) -> None:
        """Forget this token, unless another has taken its place already."""
        with self._lock:
            if self._tokens.get(key, ("", 0.0))[0] == token:
                del self._tokens[key]


def pause() -> Call:
    """A step of an operation that waits a moment for somebody else's fetch."""
    return Call(
        purpose="paypal.token.wait",
        blocking=lambda: time.sleep(PAUSE_SECONDS),
        awaitable=lambda: asyncio.sleep(PAUSE_SECONDS),
    )


TOKENS = TokenCache()
