"""Moving the next agreed day, on the wire."""

from datetime import date, timedelta

import pytest

from common.errors import InvalidInput
from common.http import OutcomeUnknown, run
from tests.wallets.alipay_harness import LAST_DAY
from wallets.providers.base import PaymentState


@pytest.fixture
def mandate(alipay):
    """Due in the first week of a month, so that there is room to move."""
    first = alipay.now().date().replace(day=1) + timedelta(days=32)
    alipay.move_clock(alipay.now() + (first.replace(day=5) - alipay.now().date()) - timedelta(days=2))
    signed = alipay.mandate(first_charge_on=first.replace(day=5))
    assert signed.next_charge_on.day == 5
    return signed


def test_a_moved_day_opens_its_own_window_and_is_charged_once(alipay, mandate):
    later = mandate.next_charge_on + timedelta(days=10)
    moved = run(alipay.provider.postpone_charge(mandate, later, "asked by the payer"))
    assert moved.next_charge_on == later
    request = alipay.charge_request(mandate)
    assert run(alipay.provider.charge(request)).decline.code == "ACQ.CYCLE_PAY_DATE_NOT_MATCH"
    alipay.move_clock(alipay.now() + timedelta(days=9))
    request = alipay.charge_request(mandate)
    assert run(alipay.provider.charge(request)).state is PaymentState.SUCCEEDED
    assert alipay.debits(request.merchant_ref) == 1


def test_a_day_may_be_moved_again_but_only_later(alipay, mandate):
    day = mandate.next_charge_on
    for days in (3, 6):
        moved = run(alipay.provider.postpone_charge(mandate, day + timedelta(days=days), "asked"))
        assert moved.next_charge_on == day + timedelta(days=days)
    with pytest.raises(OutcomeUnknown):
        run(alipay.provider.postpone_charge(mandate, day + timedelta(days=4), "asked"))
    assert run(alipay.provider.get_mandate(mandate.mandate_ref)).next_charge_on == day + timedelta(days=6)


@pytest.mark.parametrize("days", [0, -1])
def test_an_earlier_day_is_refused_before_anything_is_sent(alipay, mandate, days):
    with pytest.raises(InvalidInput):
        alipay.provider.postpone_charge(mandate, mandate.next_charge_on + timedelta(days=days), "asked")


def test_no_day_after_the_28th(alipay, mandate):
    with pytest.raises(InvalidInput):
        alipay.provider.postpone_charge(mandate, date(mandate.next_charge_on.year + 1, 1, LAST_DAY + 1), "asked")
