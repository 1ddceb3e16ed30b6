"""Debits of a wallet's own schedule whose notice never came: the statement names the agreement, so they are booked."""

from __future__ import annotations

import logging

from common.errors import PlatformError
from payments.services.standing_orders import confirmed, post_scheduled, runs_by_itself
from wallets.models import Mandate, Provider

logger = logging.getLogger(__name__)


def book_scheduled(provider: Provider) -> int:
    """How many were booked. Each is confirmed by the wallet first, as a notice would be. Not inside a transaction."""
    lines = provider.statement_lines.filter(state__in=["open", "item"], attempt=None, amount_minor__gt=0)
    rows = list(lines.exclude(merchant_reference="").values_list("merchant_reference", "provider_reference"))
    wanted = {reference for reference, _receipt in rows}
    mandates = Mandate.objects.filter(provider=provider, merchant_reference__in=wanted).select_related("provider")
    known = {mandate.merchant_reference: mandate for mandate in mandates if runs_by_itself(mandate)}
    pairs = [(known[reference], receipt) for reference, receipt in rows if reference in known]
    return sum(_book(mandate, receipt) for mandate, receipt in pairs)


def _book(mandate: Mandate, receipt: str) -> bool:
    """What cannot be confirmed now stays a line for people."""
    try:
        said = confirmed(mandate, receipt)
    except PlatformError as error:
        logger.warning("a scheduled debit could not be confirmed", extra={"code": error.code, "mandate": mandate.pk})
        return False
    return bool(said and post_scheduled(mandate.pk, said))
