"""How providers answer: every call is timed, and counted in the minute it happened in."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Sum

from common.clock import now
from common.errors import PlatformError
from common.http import Operation, arun, run
from wallets.models import Provider, ProviderMinute
from wallets.providers.base import ConfigError, NotSent, OutcomeUnknown, RateLimited, Reason

logger = logging.getLogger(__name__)

T = TypeVar("T")
KEPT = timedelta(days=35)
NO_ANSWER = (NotSent, OutcomeUnknown, RateLimited, ConfigError)
# Refusals that say something about the wallet or our access to it, not about the payer.
SICK = frozenset({Reason.CREDENTIALS, Reason.PROVIDER_DOWN, Reason.NO_RESPONSE})
_ADD = """
    INSERT INTO wallets_providerminute (provider_id, minute, answered, failed, millis, slowest, error, error_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (provider_id, minute) DO UPDATE SET
        answered = wallets_providerminute.answered + EXCLUDED.answered,
        failed = wallets_providerminute.failed + EXCLUDED.failed,
        millis = wallets_providerminute.millis + EXCLUDED.millis,
        slowest = GREATEST(wallets_providerminute.slowest, EXCLUDED.slowest),
        error = CASE WHEN EXCLUDED.error = '' THEN wallets_providerminute.error ELSE EXCLUDED.error END,
        error_at = COALESCE(EXCLUDED.error_at, wallets_providerminute.error_at)
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """One call to a provider: `error` is the stable code of what went wrong, "" when it answered."""

    provider_id: int
    at: datetime
    millis: int
    error: str = ""


@dataclass
class Meter:
    """Times calls and keeps what it heard until `flush`. Several threads may share one."""

    moment: Callable[[], datetime] = now
    heard: list[Heard] = field(default_factory=list)

    def run(self, provider: Provider, operation: Operation[T]) -> T:
        begun = time.monotonic()
        try:
            result = run(operation)
        except PlatformError as error:
            self._note_error(provider, begun, error)
            raise
        self._note(provider, begun, trouble_in(result))
        return result

    async def arun(self, provider: Provider, operation: Operation[T]) -> T:
        begun = time.monotonic()
        try:
            result = await arun(operation)
        except PlatformError as error:
            self._note_error(provider, begun, error)
            raise
        self._note(provider, begun, trouble_in(result))
        return result

    def flush(self) -> None:
        """Write down what was heard. A database that refuses must not disturb the money: then it is only logged."""
        heard, self.heard = self.heard, []
        try:
            record(heard)
        except DatabaseError:
            logger.exception("how providers answered was not counted")

    def _note_error(self, provider: Provider, begun: float, error: PlatformError) -> None:
        if isinstance(error, NO_ANSWER):
            self._note(provider, begun, error.code)

    def _note(self, provider: Provider, begun: float, error: str) -> None:
        millis = int((time.monotonic() - begun) * 1000)
        self.heard.append(Heard(provider.pk, self.moment(), millis, error[:40]))


def trouble_in(result: Any) -> str:
    """An answer may say that the wallet, or our access to it, is in trouble."""
    decline = getattr(result, "decline", None)
    return decline.reason.value if decline and decline.reason in SICK else ""


def record(heard: Iterable[Heard]) -> None:
    """One statement per provider and minute, however many calls there were."""
    groups: dict[tuple[int, datetime], list[Heard]] = {}
    for one in heard:
        groups.setdefault((one.provider_id, one.at.replace(second=0, microsecond=0)), []).append(one)
    if not groups:
        return
    # Always in the same order, so that two workers never wait for each other.
    rows = [_row(key, calls) for key, calls in sorted(groups.items())]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(_ADD, rows)


def _row(key: tuple[int, datetime], calls: list[Heard]) -> tuple[Any, ...]:
    errors = [one for one in calls if one.error]
    last = max(errors, key=lambda one: one.at, default=None)
    millis = [one.millis for one in calls]
    return (
        *key,
        len(calls) - len(errors),
        len(errors),
        sum(millis),
        max(millis),
        last.error if last else "",
        last.at if last else None,
    )


@dataclass(frozen=True, slots=True)
class Health:
    """Over some span of time. `average` and `slowest` are milliseconds."""

    answered: int = 0
    failed: int = 0
    average: int = 0
    slowest: int = 0
    answered_at: datetime | None = None
    error: str = ""
    error_at: datetime | None = None

    @property
    def calls(self) -> int:
        return self.answered + self.failed

    @property
    def percent(self) -> int:
        """Of calls answered, rounded down: 99 never reads 100."""
        return self.answered * 100 // self.calls if self.calls else 0

    @property
    def word(self) -> str:
        """quiet (too few calls to tell), well, shaky or failing."""
        if self.calls < FEWEST_CALLS:
            return "quiet"
        return next(word for word, least in (("well", 98), ("shaky", 80), ("failing", 0)) if self.percent >= least)


FEWEST_CALLS = 5
TROUBLED_FOR = timedelta(minutes=10)
TROUBLED_BELOW = 50


def health_of(span: timedelta) -> dict[int, Health]:
    """By provider id, over the last `span`; providers nobody called are missing."""
    since = now() - span
    rows = ProviderMinute.objects.filter(minute__gte=since)
    sums = rows.values("provider").annotate(
        answered=Sum("answered"), failed=Sum("failed"), total=Sum("millis"), slowest=Max("slowest")
    )
    lasting = rows.filter(answered__gt=0).values("provider").annotate(last=Max("minute"))
    answers = {row["provider"]: row["last"] for row in lasting}
    errors = {
        row.provider_id: row
        for row in rows.exclude(error="").order_by("provider_id", "-error_at").distinct("provider_id")
    }
    return {row["provider"]: _health(dict(row), answers, errors) for row in sums}


def _health(row: dict[str, Any], answers: dict[int, datetime], errors: dict[int, ProviderMinute]) -> Health:
    last = errors.get(row["provider"])
    return Health(
        answered=row["answered"],
        failed=row["failed"],
        average=row["total"] // max(row["answered"] + row["failed"], 1),
        slowest=row["slowest"],
        answered_at=answers.get(row["provider"]),
        error=last.error if last else "",
        error_at=last.error_at if last else None,
    )


def troubled() -> frozenset[int]:
    """Providers that hardly answer just now: still offered, but after the others. One small query."""
    rows = ProviderMinute.objects.filter(minute__gte=now() - TROUBLED_FOR).values("provider_id")
    sums = rows.annotate(good=Sum("answered"), bad=Sum("failed")).values_list("provider_id", "good", "bad")
    return frozenset(
        provider
        for provider, good, bad in sums
        if good + bad >= FEWEST_CALLS and good * 100 < TROUBLED_BELOW * (good + bad)
    )


def forget_old_minutes() -> int:
    deleted, _by_model = ProviderMinute.objects.filter(minute__lt=now() - KEPT).delete()
    return deleted
