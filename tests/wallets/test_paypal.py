"""PayPal's orders: approved by the payer, captured by us, once, or closed for good."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from common.http import OutcomeUnknown, run
from tests.wallets.paypal_fixtures import paypal, paypal_sandbox
from wallets.providers.base import PaymentState, RefundState

__all__ = ["paypal", "paypal_sandbox"]


def test_an_approved_order_is_not_money_until_it_is_captured(paypal):
    payment = paypal.created()
    paypal.approves(payment)
    assert paypal.debits(payment.merchant_ref) == 0
    assert paypal.looked_up(payment).state is PaymentState.SUCCEEDED
    assert paypal.debits(payment.merchant_ref) == 1


def test_the_payer_comes_back_to_the_page_we_named(paypal):
    payment = paypal.created(return_url="http://127.0.0.1:1/back?link=7")
    back = paypal.approves(payment)
    assert back.startswith("http://127.0.0.1:1/back?link=7&token=")
    other = paypal.created(return_url="http://127.0.0.1:1/back")
    assert paypal.approves(other, "cancel").startswith("http://127.0.0.1:1/back?token=")


def test_an_approval_is_announced_and_completes_the_payment_when_nobody_comes_back(paypal):
    paypal.register("nothing")
    payment = paypal.created()
    paypal.approves(payment)
    ((_, event),) = paypal.said(lambda event: event.type == "CHECKOUT.ORDER.APPROVED")
    assert (event.payment.state, event.payment.amount) == (PaymentState.REQUIRES_ACTION, paypal.money())
    assert (event.payment.merchant_ref, event.payment.provider_ref) == (payment.merchant_ref, payment.provider_ref)
    assert event.confirm_first
    assert paypal.looked_up(event.payment).state is PaymentState.SUCCEEDED


def test_page_webhook_and_poller_at_once_capture_once(paypal):
    payment = paypal.created()
    paypal.approves(payment)
    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lambda _: paypal.looked_up(payment).state, range(6)))
    assert set(states) <= {PaymentState.SUCCEEDED, PaymentState.PENDING}
    assert paypal.looked_up(payment).state is PaymentState.SUCCEEDED
    assert paypal.debits(payment.merchant_ref) == 1


def test_a_capture_without_an_answer_is_found_by_asking_again(paypal):
    payment = paypal.created()
    paypal.approves(payment)
    paypal.fault("timeout_after_commit", method="orders.capture")
    with pytest.raises(OutcomeUnknown):
        paypal.looked_up(payment)
    assert paypal.looked_up(payment).state is PaymentState.SUCCEEDED
    assert paypal.debits(payment.merchant_ref) == 1


def test_a_pending_capture_is_not_paid_and_may_still_fail(paypal):
    paid, failed = paypal.created(), paypal.created()
    for payment in (paid, failed):
        paypal.approves(payment)
        paypal.fault("accept_only", method="orders.capture")
        assert paypal.looked_up(payment).state is PaymentState.PENDING
    paypal.settle(paid.merchant_ref)
    paypal.fault("decline", method="settle")
    paypal.settle(failed.merchant_ref)
    assert paypal.looked_up(paid).state is PaymentState.SUCCEEDED
    assert paypal.looked_up(failed).state is PaymentState.FAILED


@pytest.mark.parametrize("code", ["payment_advice_code_03", "payment_advice_code_77"])
def test_a_completed_order_with_a_declined_capture_is_not_paid(paypal, code):
    payment = paypal.created()
    paypal.approves(payment)
    paypal.fault("decline", method="orders.capture", code=code)
    result = paypal.looked_up(payment)
    assert paypal.order_of(payment)["status"] == "COMPLETED"
    assert (result.state, result.decline is None) == (PaymentState.FAILED, False)
    assert paypal.debits(payment.merchant_ref) == 0


def test_a_declined_instrument_fails_the_payment_for_good(paypal):
    payment = paypal.created()
    paypal.approves(payment, "decline")
    assert paypal.looked_up(payment).decline.code == "INSTRUMENT_DECLINED"
    paypal.approves(payment, "pay")
    later = paypal.looked_up(payment)
    assert (later.state, later.decline.code) == (PaymentState.FAILED, "INSTRUMENT_DECLINED")
    assert paypal.debits(payment.merchant_ref) == 0


def test_an_approval_after_closing_takes_no_money(paypal):
    payment = paypal.created()
    assert run(paypal.provider.close_payment(payment.merchant_ref, payment.provider_ref)).state is PaymentState.CLOSED
    paypal.approves(payment)
    assert paypal.looked_up(payment).state is PaymentState.CLOSED
    assert paypal.debits(payment.merchant_ref) == 0


def test_an_approval_before_closing_is_captured_by_closing(paypal):
    payment = paypal.created()
    paypal.approves(payment)
    assert (
        run(paypal.provider.close_payment(payment.merchant_ref, payment.provider_ref)).state is PaymentState.SUCCEEDED
    )
    assert paypal.debits(payment.merchant_ref) == 1


def test_closing_that_could_not_be_written_down_is_unknown(paypal):
    payment = paypal.created()
    paypal.fault("http_500", method="orders.patch")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.close_payment(payment.merchant_ref, payment.provider_ref))
    paypal.user_pays(payment)
    assert paypal.debits(payment.merchant_ref) == 1


def test_no_capture_begins_in_the_last_minute_of_a_page(paypal):
    payment = paypal.created(expires_at=paypal.now() + timedelta(minutes=10))
    paypal.approves(payment)
    paypal.move_clock(paypal.now() + timedelta(minutes=9, seconds=30))
    assert paypal.looked_up(payment).state is PaymentState.REQUIRES_ACTION
    paypal.move_clock(paypal.now() + timedelta(minutes=1))
    assert paypal.looked_up(payment).state is PaymentState.CLOSED
    assert paypal.debits(payment.merchant_ref) == 0


def test_an_order_nobody_approved_is_gone_after_hours_and_not_called_failed(paypal):
    payment = paypal.created()
    paypal.move_clock(paypal.now() + timedelta(hours=4))
    found = paypal.looked_up(payment)
    assert (found.state, found.found) == (PaymentState.UNKNOWN, False)


def test_an_order_of_another_merchant_number_is_never_read_as_ours(paypal):
    one, other = paypal.created(), paypal.paid()
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.get_payment(one.merchant_ref, other.provider_ref))


def test_a_charge_repeated_after_its_request_id_was_forgotten_is_one_debit(paypal):
    mandate = paypal.mandate()
    request = paypal.charge(mandate)
    assert run(paypal.provider.charge(request)).state is PaymentState.SUCCEEDED
    paypal.move_clock(paypal.now() + timedelta(hours=7))
    assert run(paypal.provider.charge(request)).state is PaymentState.SUCCEEDED
    assert paypal.debits(request.merchant_ref) == 1


def test_a_reference_used_again_for_another_amount_is_refused(paypal):
    request = paypal.charge(paypal.mandate())
    run(paypal.provider.charge(request))
    again = run(paypal.provider.charge(replace(request, amount=paypal.money(999))))
    assert again.decline.code == "DUPLICATE_REQUEST_ID"
    assert paypal.debits(request.merchant_ref) == 1


def test_a_charge_that_succeeded_unheard_is_unknown_until_the_books_list_it(paypal):
    paypal.control.post("paypal/settings", prompt_listing=False)
    request = paypal.charge(paypal.mandate())
    paypal.fault("timeout_after_commit")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.charge(request))
    early = run(paypal.provider.get_payment(request.merchant_ref))
    assert (early.state, early.found) == (PaymentState.UNKNOWN, False)
    paypal.move_clock(paypal.now() + timedelta(hours=3, minutes=5))
    assert run(paypal.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED


def test_a_charge_that_succeeded_unheard_is_settled_by_its_webhook_at_once(paypal):
    paypal.control.post("paypal/settings", prompt_listing=False)
    request = paypal.charge(paypal.mandate())
    paypal.fault("timeout_after_commit")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.charge(request))
    ((_, event),) = paypal.said(lambda event: event.payment and event.payment.merchant_ref == request.merchant_ref)
    assert paypal.looked_up(event.payment).state is PaymentState.SUCCEEDED


def test_a_refund_repeated_after_45_days_moves_nothing(paypal):
    paid = paypal.paid()
    request = paypal.refund_request(paid, 100)
    for _ in range(2):
        assert run(paypal.provider.refund(request)).state is RefundState.SUCCEEDED
        paypal.move_clock(paypal.now() + timedelta(days=46))
    assert len(paypal.control.get("paypal/refunds")["refunds"]) == 1


def test_a_repeated_start_of_a_mandate_is_one_agreement_for_three_hours(paypal):
    request = paypal.mandate_request()
    first, again = (run(paypal.provider.start_mandate(request)) for _ in range(2))
    paypal.move_clock(paypal.now() + timedelta(hours=4))
    later = run(paypal.provider.start_mandate(request))
    assert first.mandate_ref == again.mandate_ref != later.mandate_ref
