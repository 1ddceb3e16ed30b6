"""Calls in a wallet's name that were not genuine: counted by hour and reason, some kept, many an alarm."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Sum

from accounts.events import record_event
from common.clock import now
from common.errors import PlatformError
from payments.models import ProviderEvent
from payments.services.storing import store
from wallets.models import Provider
from wallets.providers.base import HttpIn

logger = logging.getLogger(__name__)

REFUSALS_KEPT_PER_DAY = 200
COUNTED, KEPT, ALARM = "refusals", "refused", "refused_alarm"
LONGEST_REASON = 120


def keep_refusal(provider: Provider, call: HttpIn, error: PlatformError) -> None:
    """A counter per hour and reason, and the first few hundred of a day one by one: a flood cannot fill the table."""
    logger.warning("provider notice refused", extra={"provider": provider.key, "bytes": len(call.body)})
    hour, reason = _this_hour(), error.message[:LONGEST_REASON]
    mark = hashlib.sha256(reason.encode()).hexdigest()[:12]
    store(provider, key=f"{COUNTED}:{hour:%Y-%m-%dT%H}:{mark}", kind=COUNTED, outcome="refused", reason=reason)
    if _number_since(provider, hour) >= settings.REFUSED_NOTICES_PER_HOUR:
        _raise_alarm(provider, hour)
    if _number_since(provider, hour - timedelta(hours=23)) > REFUSALS_KEPT_PER_DAY:
        return
    digest = hashlib.sha256(call.body).hexdigest()
    facts = {"sha256": digest, "bytes": len(call.body)}
    store(provider, key=f"{KEPT}:{digest}", kind=KEPT, facts=facts, outcome="refused", reason=error.message)


def _this_hour() -> datetime:
    return now().replace(minute=0, second=0, microsecond=0)


def _number_since(provider: Provider, moment: datetime) -> int:
    counters = ProviderEvent.objects.filter(provider=provider, kind=COUNTED, received_at__gte=moment)
    return counters.aggregate(number=Sum("times_received"))["number"] or 0


def _raise_alarm(provider: Provider, hour: datetime) -> None:
    """One item for the operators per provider and hour; its `times_received` goes on counting."""
    why = "more notices were refused in an hour than mistakes explain"
    key = f"{ALARM}:{hour:%Y-%m-%dT%H}"
    _row, times = store(provider, key=key, kind=ALARM, outcome="needs_person", reason=why)
    if times == 1:
        logger.error("many notices of a provider are refused", extra={"provider": provider.key})
        record_event("provider.notices_refused", source="system", provider=provider.key, hour=hour.isoformat())
