"""The wallet's own notice before a debit, where it wants one. It comes first: nobody is told of a debit the wallet has
not taken note of, and a refusal puts the instalment back in line with its reason.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from common.clock import now
from common.errors import PlatformError
from common.money import Money
from payments.debits.calendar import notice_from, zone_of
from payments.models import Instalment
from wallets.gateway import adapter, call, notify_url
from wallets.models import Provider
from wallets.providers.base import Capability, ChargeRequest, ChargeWindow, ConfigError, DeclineCategory
from wallets.selectors import snapshot

logger = logging.getLogger(__name__)

NOT_GIVEN = "notice_not_given"
ASK_AGAIN = timedelta(minutes=15)
REFUSED_WAIT = timedelta(days=1)


def wanting_notice(providers: Iterable[Provider]) -> list[Provider]:
    """Those whose wallet has to be told of a debit by us before it takes place."""
    return [provider for provider in providers if _wants(provider)]


def _wants(provider: Provider) -> bool:
    try:
        return adapter(provider).descriptor.can(Capability.PRE_DEBIT_NOTICE)
    except ConfigError:
        return False


def announce_to_wallets(near: QuerySet[Instalment], batch: int) -> int:
    """Tell the wallets of these debits; how many took note. Not inside a transaction; any number may run at once."""
    rows = near.select_related("plan__mandate__provider", "plan__account__debtor").order_by("due_on", "pk")[:batch]
    moment = now()
    return sum(_announce(row) for row in list(rows) if _is_time(row, moment) and _take_turn(row, moment))


def _is_time(row: Instalment, moment: datetime) -> bool:
    return notice_from(row.debit_on, zone_of(row.plan.account.debtor)) <= moment


def _take_turn(row: Instalment, moment: datetime) -> bool:
    """Compare-and-set: one worker asks, and after a wait the next may; a wallet takes the same notice twice."""
    mine = Instalment.objects.filter(
        pk=row.pk, state="scheduled", announced_at=None, debit_not_before=row.debit_not_before
    )
    return bool(mine.update(debit_not_before=moment + ASK_AGAIN))


def _announce(row: Instalment) -> bool:
    mandate = row.plan.mandate
    if mandate is None:
        return False
    minor = row.still_to_take(row.plan.account)
    try:
        wallet = adapter(mandate.provider)
        request = ChargeRequest(
            merchant_ref=wallet.merchant_ref(f"notice{row.pk}r{row.notice_round}"),
            mandate=snapshot(mandate),
            amount=Money(minor, row.plan.currency),
            subject=str(row.plan),
            notify_url=notify_url(mandate.provider),
            due_on=row.debit_on,
        )
        window = call(wallet.announce_charge(request), mandate.provider)
    except PlatformError as error:
        logger.warning("provider did not take a debit notice", extra={"instalment": row.pk, "code": error.code})
        _line(row).update(last_reason=NOT_GIVEN)
        return False
    return _taken(row, window, minor)


def _taken(row: Instalment, window: ChargeWindow, minor: int) -> bool:
    if window.decline is None:
        told = {"announced_at": now(), "announced_minor": minor}
        return bool(_line(row).update(**told, debit_not_before=None, last_reason=""))
    logger.warning("provider refused a debit notice", extra={"instalment": row.pk, "code": window.decline.code})
    passing = window.decline.category in (DeclineCategory.RETRY_LATER, DeclineCategory.UNKNOWN_OUTCOME)
    wait = ASK_AGAIN if passing else REFUSED_WAIT
    _line(row).update(last_reason=window.decline.reason.value, debit_not_before=now() + wait)
    return False


def _line(row: Instalment) -> QuerySet[Instalment]:
    return Instalment.objects.filter(pk=row.pk, state="scheduled")
