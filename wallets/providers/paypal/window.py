"""PayPal has no hours and no periods: a saved wallet may be charged at any time, within what the payer agreed to."""

from datetime import UTC, datetime

from common.money import Money
from wallets.providers.messages import ChargeWindow, DeclineInfo, MandateSnapshot
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import MandateState, Reason

_ENDED = {MandateState.REVOKED: Reason.MANDATE_REVOKED, MandateState.EXPIRED: Reason.MANDATE_EXPIRED}


def charge_window(mandate: MandateSnapshot, amount: Money, now: datetime) -> ChargeWindow:
    decline = _refusal(mandate, amount, now)
    return ChargeWindow(open_now=decline is None, opens_at=None if decline else now, decline=decline)


def _refusal(mandate: MandateSnapshot, amount: Money, now: datetime) -> DeclineInfo | None:
    terms = mandate.terms
    total = amount if mandate.charged_total is None else mandate.charged_total + amount
    if mandate.state is not MandateState.ACTIVE:
        return _decline(Category.NEEDS_CUSTOMER_ACTION, _ENDED.get(mandate.state, Reason.AUTHENTICATION_REQUIRED))
    if terms.valid_until and now.astimezone(UTC).date() > terms.valid_until:
        return _decline(Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_EXPIRED)
    over = (
        amount.currency != terms.single_limit.currency
        or terms.single_limit < amount
        or (terms.total_limit is not None and terms.total_limit < total)
        or (terms.total_payments is not None and mandate.charged_count >= terms.total_payments)
    )
    return _decline(Category.OPERATOR, Reason.AMOUNT_OVER_MANDATE) if over else None


def _decline(category: Category, reason: Reason) -> DeclineInfo:
    return DeclineInfo(category=category, reason=reason, code="charge_window")
