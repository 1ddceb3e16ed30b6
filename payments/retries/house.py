"""The house's own numbers, for everything a wallet's descriptor leaves open. Setting DEBIT_RETRIES changes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Any

from django.conf import settings

from wallets.providers.base import RetryRules


@dataclass(frozen=True, kw_only=True)
class House:
    """Tries count from the first one. `counted_days` is the time that caps look back.

    `days`: the waits of the declined ladder. `minutes`: those of the ladder for a wallet in trouble, then a day each.
    `hours`: those after a mistake of ours, which ends with its last.
    `opens` and `closes`: the debtor's local hours in which a retry may take place.
    `grace`: how long after its due day the last instalment of a plan may still be tried.
    `notice_good_for`: how old a notice may be; for a later try people are told again.
    `failure_filter`: spare everybody a try that fails in nine cases of ten. It costs money, so it is off; for people
    under a hold as vulnerable or in hardship it is always on.
    """

    per_instalment: int = 4
    per_mandate: int = 8
    per_card: int = 4
    network_cap: int = 15
    counted_days: int = 30
    days: tuple[int, ...] = (1, 3, 5)
    minutes: tuple[int, ...] = (5, 10, 20, 40, 80, 160, 320)
    hours: tuple[int, ...] = (1, 6, 24, 24)
    opens: time = time(8)
    closes: time = time(20)
    grace: timedelta = timedelta(days=30)
    notice_good_for: timedelta = timedelta(days=14)
    failure_filter: bool = False


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Most tries of the instalment, under the mandate and on the card: the smaller of the wallet's and ours.

    `network` counts every try that reached the wallet, the others only those that the debtor's side declined. A wallet
    behind which no card network stands has neither `card` nor `network`.
    """

    instalment: int
    mandate: int
    card: int | None = None
    network: int | None = None
    own_tries: int = 0


def house() -> House:
    wanted: dict[str, Any] = getattr(settings, "DEBIT_RETRIES", {})
    return replace(House(), **wanted)


def limits_of(rules: RetryRules, own: House) -> Limits:
    """Each the wallet's own number where it has one, and never more than the house allows."""
    return Limits(
        instalment=_less(rules.per_instalment, own.per_instalment),
        mandate=_less(rules.per_mandate, own.per_mandate),
        card=None if rules.network_cap is None else _less(rules.per_card, own.per_card),
        network=None if rules.network_cap is None else _less(rules.network_cap, own.network_cap),
        own_tries=rules.own_tries,
    )


def _less(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
