"""Moving the sandbox clock: the simulated wallets hear of it first, then whatever became due is done at once."""

from __future__ import annotations

import logging
from datetime import timedelta

import httpx
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from common import clock
from common.models import ClockShift

logger = logging.getLogger(__name__)
TELL_SECONDS = 3


def advance(step: timedelta) -> timedelta:
    """Move the clock forward by `step` for every process; returns how far ahead it is now. Not in a transaction.

    A wallet whose clock lags would refuse what ours says is due, so it is told before our own clock moves.
    """
    if settings.SANDBOX:
        _tell_wallets(ClockShift.current() + step)
    ahead = ClockShift.advance(step, sandbox=settings.SANDBOX)
    _run_what_is_due()
    return ahead


def _tell_wallets(ahead: timedelta) -> None:
    """Best effort: a simulator that is down must not hold ours up."""
    url = f"{settings.WALLET_SANDBOX_URL}/control/clock"
    try:
        httpx.post(url, json={"offset_seconds": int(ahead.total_seconds())}, timeout=TELL_SECONDS, trust_env=False)
    except httpx.HTTPError:
        logger.warning("the wallet sandbox was not told of the moved clock")


def _run_what_is_due() -> None:
    """Every periodic task once, now instead of at its next beat; all of them are safe to run at any time."""
    clock.forget()
    current_app.finalize()  # the schedule is read when the app is complete
    for name in sorted({entry["task"] for entry in current_app.conf.beat_schedule.values()}):
        try:
            current_app.send_task(name)
        except OperationalError:
            logger.warning("no broker: due work runs at its next beat")
            return
