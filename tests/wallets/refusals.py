"""What a mandate cannot be charged for, whatever the hours and periods of its wallet."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from common.money import Money
from wallets.providers.base import DeclineCategory, MandateSnapshot, MandateState, Reason

Case = tuple[dict[str, Any], DeclineCategory, Reason]
CUSTOMER, OPERATOR = DeclineCategory.NEEDS_CUSTOMER_ACTION, DeclineCategory.OPERATOR
ENDED = {
    MandateState.REVOKED: Reason.MANDATE_REVOKED,
    MandateState.EXPIRED: Reason.MANDATE_EXPIRED,
    MandateState.PENDING: Reason.AUTHENTICATION_REQUIRED,
}


def refusals(mandate: MandateSnapshot, amount: Money, today: date) -> dict[str, Case]:
    """Changes of a mandate that may be charged this amount today, each with why it then may not be."""
    terms, one = mandate.terms, Money(1, amount.currency)
    too_much = {
        "too much at once": {"terms": replace(terms, single_limit=amount - one)},
        "another currency": {"terms": replace(terms, single_limit=Money(amount.minor * 4, "XTS"))},
        "too much in all": {"terms": replace(terms, total_limit=amount + amount - one), "charged_total": amount},
        "too often": {"terms": replace(terms, total_payments=2), "charged_count": 2},
    }
    past = {"terms": replace(terms, valid_until=today - timedelta(days=1))}
    return {
        **{state.value: ({"state": state}, CUSTOMER, reason) for state, reason in ENDED.items()},
        "past its end": (past, CUSTOMER, Reason.MANDATE_EXPIRED),
        **{name: (changes, OPERATOR, Reason.AMOUNT_OVER_MANDATE) for name, changes in too_much.items()},
    }
