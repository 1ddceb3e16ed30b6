"""When a wallet saved at PayPal or Stripe may be charged: any time, but for no more than was agreed to."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from common.money import Money
from tests.wallets.refusals import refusals
from wallets.providers.base import MandateSnapshot, MandateState, MandateTerms, PeriodUnit
from wallets.providers.paypal.window import charge_window as at_paypal
from wallets.providers.stripe.window import charge_window as at_stripe

TERMS = MandateTerms(
    single_limit=Money(5000, "USD"),
    period_unit=PeriodUnit.MONTH,
    period=1,
    first_charge_on=date(2026, 12, 10),
    valid_until=date(2026, 12, 31),
    total_limit=Money(2468, "USD"),
    total_payments=2,
)
MANDATE = MandateSnapshot(
    mandate_ref="W1",
    merchant_ref="M1",
    state=MandateState.ACTIVE,
    terms=TERMS,
    charged_total=Money(1234, "USD"),
    charged_count=1,
)
AMOUNT = Money(1234, "USD")
REFUSALS = refusals(MANDATE, AMOUNT, date(2026, 12, 31))
LAST_MOMENT = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)

each_wallet = pytest.mark.parametrize("window", [at_paypal, at_stripe], ids=["paypal", "stripe"])


@each_wallet
def test_all_that_was_agreed_to_may_be_charged_to_the_last_moment(window):
    assert window(MANDATE, AMOUNT, LAST_MOMENT).open_now
    assert window(replace(MANDATE, charged_total=None), Money(2468, "USD"), LAST_MOMENT).open_now


@each_wallet
@pytest.mark.parametrize(("changed", "category", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_a_mandate_that_does_not_allow_the_charge_says_why(window, changed, category, reason):
    found = window(replace(MANDATE, **changed), AMOUNT, LAST_MOMENT)
    assert (found.open_now, found.opens_at) == (False, None)
    assert (found.decline.category, found.decline.reason) == (category, reason)
