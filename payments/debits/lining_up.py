"""Whose turn it is: claimed debits wait in line until their wallet, and the worker, have room for another call."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping

from payments.debits.claiming import Claimed


class WaitingLine:
    """At most `most` are under way in all, and of each wallet as many as its own limit says.

    A semaphore for each of the two costs more than the call that waits for it: it walks along everyone in line.
    """

    def __init__(self, most: int, limits: Mapping[int, int]) -> None:
        self._most, self._limits = most, limits
        self._under_way = 0
        self._under_way_at: defaultdict[int, int] = defaultdict(int)
        self._lines: defaultdict[int, deque[Claimed]] = defaultdict(deque)

    def join(self, claims: Iterable[Claimed]) -> None:
        for claim in claims:
            self._lines[claim.provider.pk].append(claim)

    def called(self) -> Iterator[Claimed]:
        """Those whose turn it is now; each is under way until it has `left`."""
        while self._under_way < self._most and (line := self._longest_waiting()):
            claim = line.popleft()
            self._under_way += 1
            self._under_way_at[claim.provider.pk] += 1
            yield claim

    def left(self, claim: Claimed) -> None:
        self._under_way -= 1
        self._under_way_at[claim.provider.pk] -= 1

    def send_home(self) -> None:
        """Nobody in line is called any more."""
        self._lines.clear()

    def _longest_waiting(self) -> deque[Claimed] | None:
        """The line, of a wallet that has room, whose first has waited longest."""
        free = [line for pk, line in self._lines.items() if line and self._under_way_at[pk] < self._limits[pk]]
        return min(free, key=lambda line: line[0].at) if free else None
