"""Closing at Alipay: what it will not close and calls unpaid is cancelled; what came through is never given back."""

import httpx
import pytest

from common.http import OutcomeUnknown, run
from tests.wallets.meddling import Meddling
from wallets.providers.base import PaymentState

CLOSE, QUERY, CANCEL = "alipay.trade.close", "alipay.trade.query", "alipay.trade.cancel"
UNWELL = {"method": CLOSE, "code": "ACQ.SYSTEM_ERROR"}


@pytest.fixture
def opened(alipay):
    """A payment whose page is open; `page` is the cashier."""
    payment = alipay.created()
    return payment, alipay.cashier(payment)


@pytest.fixture
def accepted(alipay):
    """A debit that Alipay has taken and not made yet."""
    request = alipay.charge(alipay.mandate())
    alipay.fault("accept_only", method="alipay.trade.pay")
    assert run(alipay.provider.charge(request)).state is PaymentState.PENDING
    return request


def close(alipay, reference, **before):
    driver = Meddling(**before)
    return driver.run(alipay.provider.close_payment(reference)), driver.asked


def test_what_alipay_closes_is_not_cancelled(alipay, opened):
    payment, _page = opened
    closed, asked = close(alipay, payment.merchant_ref)
    assert (closed.state, asked) == (PaymentState.CLOSED, [CLOSE])


def test_what_alipay_will_not_close_and_calls_unpaid_is_cancelled(alipay, opened):
    payment, page = opened
    alipay.fault("decline", **UNWELL)
    closed, asked = close(alipay, payment.merchant_ref)
    assert (closed.state, asked) == (PaymentState.CLOSED, [CLOSE, QUERY, CANCEL])
    assert closed.provider_ref
    alipay.control.press(f"{page}/pay")
    assert alipay.debits(payment.merchant_ref) == 0


def test_a_debit_under_way_is_ended_for_certain(alipay, accepted):
    closed, asked = close(alipay, accepted.merchant_ref)
    assert (closed.state, asked[-1]) == (PaymentState.CLOSED, CANCEL)
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        alipay.control.user("pay", out_trade_no=accepted.merchant_ref)
    assert alipay.debits(accepted.merchant_ref) == 0


def test_what_is_paid_before_the_look_up_is_not_given_back(alipay, opened):
    payment, page = opened
    alipay.fault("decline", **UNWELL)
    closed, asked = close(alipay, payment.merchant_ref, alipay_trade_query=lambda: alipay.control.press(f"{page}/pay"))
    assert (closed.state, closed.refunded, asked) == (PaymentState.SUCCEEDED, None, [CLOSE, QUERY])


def test_what_is_paid_in_the_moment_of_cancelling_reads_as_paid_and_given_back(alipay, opened):
    payment, page = opened
    alipay.fault("decline", **UNWELL)
    closed, asked = close(alipay, payment.merchant_ref, alipay_trade_cancel=lambda: alipay.control.press(f"{page}/pay"))
    assert (closed.state, closed.amount, closed.refunded) == (PaymentState.SUCCEEDED, alipay.money(), alipay.money())
    assert alipay.debits(payment.merchant_ref) == 1 and asked == [CLOSE, QUERY, CANCEL, QUERY]


def test_what_was_paid_long_ago_is_not_given_back(alipay):
    paid = alipay.paid()
    closed, asked = close(alipay, paid.merchant_ref)
    assert (closed.state, closed.refunded, asked) == (PaymentState.SUCCEEDED, None, [CLOSE, QUERY])


def test_what_alipay_does_not_know_is_not_cancelled(alipay):
    closed, asked = close(alipay, alipay.ref())
    assert (closed.state, closed.found, asked) == (PaymentState.UNKNOWN, False, [CLOSE, QUERY])


def test_what_alipay_does_not_tell_is_not_cancelled(alipay, opened):
    payment, _page = opened
    alipay.fault("decline", **UNWELL)
    alipay.fault("decline", method=QUERY, code="ACQ.SYSTEM_ERROR")
    closed, asked = close(alipay, payment.merchant_ref)
    assert (closed.state, closed.found, asked) == (PaymentState.UNKNOWN, True, [CLOSE, QUERY])


@pytest.mark.parametrize(
    "fault", [{"kind": "decline", "code": "ACQ.SYSTEM_ERROR"}, {"kind": "accept_only"}], ids=["refused", "no action"]
)
def test_a_cancel_that_did_nothing_leaves_the_payment_open(alipay, opened, fault):
    payment, page = opened
    alipay.fault("decline", **UNWELL)
    alipay.fault(method=CANCEL, **fault)
    closed, asked = close(alipay, payment.merchant_ref)
    assert (closed.state, asked) == (PaymentState.REQUIRES_ACTION, [CLOSE, QUERY, CANCEL, QUERY])
    alipay.control.press(f"{page}/pay")
    assert alipay.debits(payment.merchant_ref) == 1


def test_a_cancel_whose_answer_is_lost_is_unknown_and_the_look_up_tells(alipay, opened):
    payment, _page = opened
    alipay.fault("decline", **UNWELL)
    alipay.fault("timeout_after_commit", method=CANCEL)
    with pytest.raises(OutcomeUnknown):
        run(alipay.provider.close_payment(payment.merchant_ref))
    assert run(alipay.provider.get_payment(payment.merchant_ref)).state is PaymentState.CLOSED


@pytest.mark.parametrize("method", [CLOSE, CANCEL])
def test_an_answer_about_another_trade_closes_nothing(alipay, opened, method):
    payment, _page = opened
    if method == CANCEL:
        alipay.fault("decline", **UNWELL)
    alipay.fault("wrong_trade", method=method)
    with pytest.raises(OutcomeUnknown):
        run(alipay.provider.close_payment(payment.merchant_ref))


def test_cancelling_a_payment_twice_gives_it_back_once(alipay):
    paid = alipay.paid()
    gateway = alipay.provider._gateway
    asked = {"out_trade_no": paid.merchant_ref}
    said = [run(gateway.call(CANCEL, asked)).text("action") for _ in range(2)]
    assert said == ["refund", "refund"]
    assert run(alipay.provider.get_payment(paid.merchant_ref)).refunded == paid.amount
    assert run(gateway.call(CANCEL, {"out_trade_no": alipay.ref()})).text("action") == ""
