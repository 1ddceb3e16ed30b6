"""How often a debit may be tried: one budget for our tries, the wallet's own and the card networks' caps. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from payments.retries.house import Limits


@dataclass(frozen=True, kw_only=True)
class Try:
    """One that reached the wallet. `declined`: the debtor's side said no, or yes; else it was the wallet or we."""

    at: datetime
    declined: bool
    of_instalment: bool = False
    of_mandate: bool = False
    of_card: bool = False


@dataclass(frozen=True, kw_only=True)
class Budget:
    """`free_at`: from when the caps that look back allow one more; None when nothing stands against it now."""

    left: int
    free_at: datetime | None


def budget_of(tries: Iterable[Try], limits: Limits, *, days: int, declined: bool) -> Budget:
    """For the next try after one that counts (`declined`) or one that was not the debtor's fault.

    The wallet's own tries are made beside each of ours, so each of ours weighs so many more.
    """
    weight, known = 1 + limits.own_tries, sorted(tries, key=lambda one: one.at)
    used = weight * sum(one.of_instalment and one.declined for one in known)
    caps = [(limits.network, [one.at for one in known if one.of_card])]
    if declined:
        caps.append((limits.mandate, [one.at for one in known if one.of_mandate and one.declined]))
        caps.append((limits.card, [one.at for one in known if one.of_card and one.declined]))
    moments = [free for most, times in caps if most and (free := _free_at(times, most // weight, days))]
    return Budget(left=max(0, (limits.instalment - used) // weight), free_at=max(moments, default=None))


def _free_at(times: list[datetime], most: int, days: int) -> datetime | None:
    """When fewer than `most` of these lie in the `days` before."""
    if len(times) < max(most, 1):
        return None
    return times[-max(most, 1)] + timedelta(days=days)
