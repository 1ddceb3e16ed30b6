"""Histories of many people, small enough to go through by the hundred thousand.

Lines that differ in nothing but their moment are of one shape; a line is its moment and the bit of its shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from compliance.packs.actions import Entry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def ticks(moment: datetime) -> int:
    """Microseconds since 1970: exact, and quick to compare."""
    return (moment - EPOCH) // _MICRO


def moment_of(number: int) -> datetime:
    return EPOCH + timedelta(microseconds=number)


@dataclass(frozen=True, slots=True)
class Past:
    """`lines`: (ticks, bit of the shape), newest first. `shapes`: every bit that occurs."""

    lines: tuple[tuple[int, int], ...] = ()
    shapes: int = 0


NOTHING = Past()


class Shapes:
    """Numbers the shapes as they are met. One for all groups that look at the same histories."""

    def __init__(self) -> None:
        self.met: list[Entry] = []
        self._bits: dict[Entry, int] = {}

    def bit(self, entry: Entry) -> int:
        shape = replace(entry, at=EPOCH)
        if shape not in self._bits:
            self._bits[shape] = 1 << len(self.met)
            self.met.append(shape)
        return self._bits[shape]

    def past(self, ledger: Iterable[Entry]) -> Past:
        return self.of_lines((ticks(entry.at), self.bit(entry)) for entry in ledger)

    def of_lines(self, lines: Iterable[tuple[int, int]]) -> Past:
        """From moments and bits, as a database groups them."""
        found = tuple(sorted(lines, reverse=True))
        shapes = 0
        for _at, bit in found:
            shapes |= bit
        return Past(found, shapes) if found else NOTHING
