"""What PayPal may answer that must not be believed, or not be taken for more than it says."""

from dataclasses import replace
from datetime import date

import pytest

from common.http import OutcomeUnknown
from common.money import Money
from tests.wallets.paypal_answers import (
    CHARGE,
    NUMBER,
    ORDER,
    PAYMENT,
    REFUND,
    WALLET,
    adapter,
    ask,
    capture,
    money,
    order,
    paid,
    refund,
    refuses,
    talk,
)
from tests.wallets.talk import says
from wallets.providers.base import DeclineCategory, EventKind, MandateState, PaymentState, Reason, RefundState

SAVED = {"id": WALLET, "customer": {"id": "C1", "merchant_customer_id": "mandate-1"}}


@pytest.fixture
def paypal():
    return adapter()


# Payments


@pytest.mark.parametrize("amount", [money("12.35"), money(currency="EUR")])
def test_an_answer_about_another_amount_is_not_ours(paypal, amount):
    other = order(amount=amount)
    with pytest.raises(OutcomeUnknown):
        ask(paypal.create_payment(PAYMENT), says(other))
    with pytest.raises(OutcomeUnknown):
        ask(paypal.charge(CHARGE), says(order("COMPLETED", captures=(capture(amount=amount),))))
    with pytest.raises(OutcomeUnknown):
        ask(paypal.refund(REFUND), says(paid()), says(refund(amount=amount)))


def test_a_looked_up_payment_has_the_amount_that_was_captured(paypal):
    found = ask(paypal.get_payment(NUMBER, ORDER), says(order("COMPLETED", captures=(capture(amount=money("1.00")),))))
    assert (found.state, found.amount) == (PaymentState.SUCCEEDED, Money(100, "USD"))


def test_a_completed_order_without_a_capture_is_not_yet_paid(paypal):
    assert ask(paypal.get_payment(NUMBER, ORDER), says(order("COMPLETED"))).state is PaymentState.PENDING


@pytest.mark.parametrize("status", ["BRAND_NEW", "", "completed"])
def test_a_status_nobody_listed_is_unknown(paypal, status):
    assert ask(paypal.get_payment(NUMBER, ORDER), says(order(status))).state is PaymentState.UNKNOWN
    one = order("COMPLETED", captures=(capture(status=status),))
    assert ask(paypal.get_payment(NUMBER, ORDER), says(one)).state is PaymentState.UNKNOWN


@pytest.mark.parametrize(
    "answer",
    [
        order("COMPLETED", captures=(capture(invoice_id="attempt-2"),)),
        order("COMPLETED", captures=(capture(), capture(invoice_id="attempt-2"))),
        paid(payee={"merchant_id": "SOMEBODY"}),
        paid(invoice_id="attempt-2"),
        {**paid(), "id": "8MC585209K746392H"},
        {**paid(), "purchase_units": paid()["purchase_units"] * 2},
    ],
    ids=["another's capture", "one of another's", "another payee", "another number", "another order", "two units"],
)
def test_money_of_somebody_else_is_not_this_payment(paypal, answer):
    with pytest.raises(OutcomeUnknown):
        ask(paypal.get_payment(NUMBER, ORDER), says(answer))


def test_a_refused_question_says_nothing_and_asks_nobody_else(paypal):
    found = ask(paypal.get_payment(NUMBER, ORDER), refuses("PERMISSION_DENIED", 403))
    assert (found.state, found.decline.category) == (PaymentState.UNKNOWN, DeclineCategory.OPERATOR)


def test_an_error_page_is_no_refusal_even_where_it_names_one(paypal):
    with pytest.raises(OutcomeUnknown):
        ask(paypal.charge(CHARGE), refuses("INSTRUMENT_DECLINED", 500))


def test_a_capture_in_progress_is_pending_and_the_order_is_left_alone(paypal):
    said, approved = talk(), says(order("APPROVED"))
    found = said.run(paypal.get_payment(NUMBER, ORDER), approved, refuses("ORDER_COMPLETION_IN_PROGRESS"), approved)
    assert found.state is PaymentState.PENDING
    assert said.purposes == ["orders.get", "orders.capture", "orders.get"]


@pytest.mark.parametrize("mark", ["", "brand.new", "until.", "until.99999999999999", "until.٣", "declined."])
def test_an_order_with_words_that_are_no_permission_is_never_captured(paypal, mark):
    said = talk()
    found = said.run(paypal.get_payment(NUMBER, ORDER), says(order("APPROVED", custom_id=mark)))
    assert (found.state, said.purposes) == (PaymentState.CLOSED, ["orders.get"])


# Closing


def test_an_order_that_paypal_refuses_to_close_is_not_closed(paypal):
    with pytest.raises(OutcomeUnknown):
        ask(paypal.close_payment(NUMBER, ORDER), says(order()), refuses("NOT_PATCHABLE"))


def test_an_approval_while_it_is_closed_is_captured_because_another_process_may_have_seen_it_first(paypal):
    said, marked = talk(), says(order("APPROVED", custom_id="closed"))
    found = said.run(paypal.close_payment(NUMBER, ORDER), says(order()), says({}, 204), marked, says(paid()))
    assert found.state is PaymentState.SUCCEEDED
    assert said.purposes == ["orders.get", "orders.patch", "orders.get", "orders.capture"]


def test_an_approved_order_is_closed_and_not_captured_where_no_money_may_be_taken():
    off, said = adapter(takes_money=False), talk()
    marked = says(order("APPROVED", custom_id="closed"))
    found = said.run(off.get_payment(NUMBER, ORDER), says(order("APPROVED")), says({}, 204), marked)
    assert (found.state, found.merchant_ref, found.provider_ref) == (PaymentState.CLOSED, NUMBER, ORDER)
    assert said.purposes == ["orders.get", "orders.patch", "orders.get"]
    assert ask(off.get_payment(NUMBER, ORDER), marked).state is PaymentState.CLOSED


def test_an_approval_while_it_is_closed_is_not_captured_where_no_money_may_be_taken():
    off, said = adapter(takes_money=False), talk()
    marked = says(order("APPROVED", custom_id="closed"))
    found = said.run(off.close_payment(NUMBER, ORDER), says(order()), says({}, 204), marked)
    assert found.state is PaymentState.CLOSED
    assert said.purposes == ["orders.get", "orders.patch", "orders.get"]


def test_money_captured_before_is_told_where_no_more_may_be_taken():
    off = adapter(takes_money=False)
    assert ask(off.get_payment(NUMBER, ORDER), says(paid())).state is PaymentState.SUCCEEDED
    answers = says(order("APPROVED")), refuses("ORDER_ALREADY_COMPLETED"), says(paid())
    assert ask(off.get_payment(NUMBER, ORDER), *answers).state is PaymentState.SUCCEEDED


def test_an_order_completed_while_it_is_closed_was_paid(paypal):
    answers = says(order()), refuses("ORDER_ALREADY_COMPLETED"), says(paid())
    assert ask(paypal.close_payment(NUMBER, ORDER), *answers).state is PaymentState.SUCCEEDED


# Request ids


def test_what_moves_money_has_request_ids_of_their_own_that_a_repeat_keeps(paypal):
    said = talk()
    for _ in range(2):
        said.run(paypal.charge(CHARGE), says(paid()))
        said.run(paypal.get_payment(NUMBER, ORDER), says(order("APPROVED")), says(paid()))
        said.run(paypal.refund(REFUND), says(paid()), says(refund()))
    sent = [request.headers["paypal-request-id"] for request in said.asked if request.method == "POST"]
    assert sent[:3] == sent[3:] == [NUMBER, f"{NUMBER}-c", "refund-1"]


# Books


def row(number, *, status="S", invoice=NUMBER, code="T0006"):
    return {
        "transaction_id": number,
        "transaction_status": status,
        "invoice_id": invoice,
        "transaction_event_code": code,
        "transaction_initiation_date": "2026-12-09T12:00:00+0000",
        "transaction_amount": money(),
    }


def books(*rows):
    return says({"transaction_details": [{"transaction_info": one} for one in rows], "total_pages": 1})


def test_other_payments_in_the_books_are_not_asked_about(paypal):
    found = ask(paypal.get_payment(NUMBER), books(row("A", invoice="attempt-2"), row("B", invoice="")))
    assert (found.state, found.found) == (PaymentState.UNKNOWN, False)


def test_a_declined_try_in_the_books_hides_no_payment_and_is_none(paypal):
    listed = books(row("PAID"), row("DECLINED", status="D"), row("REFUND", code="T1107"))
    said = talk()
    assert said.run(paypal.get_payment(NUMBER), listed, says(capture())).state is PaymentState.SUCCEEDED
    assert said.asked[-1].url.endswith("/captures/PAID")
    lines = ask(paypal.statement(date(2026, 12, 9)), listed)
    kinds = [(line.provider_ref, line.kind) for line in lines]
    assert kinds == [("PAID", EventKind.PAYMENT), ("REFUND", EventKind.REFUND)]


def test_the_capture_the_books_lead_to_must_be_of_this_payment(paypal):
    with pytest.raises(OutcomeUnknown):
        ask(paypal.get_payment(NUMBER), books(row("A")), says(capture(invoice_id="attempt-2")))


# Refunds


def test_a_refund_refused_for_a_reason_nobody_listed_is_unknown(paypal):
    assert ask(paypal.refund(REFUND), says(paid()), refuses("BRAND_NEW")).state is RefundState.UNKNOWN
    assert ask(paypal.refund(REFUND), says(paid()), refuses("REFUND_NOT_ALLOWED")).state is RefundState.FAILED


def test_an_answer_about_another_refund_is_unknown(paypal):
    with pytest.raises(OutcomeUnknown):
        ask(paypal.refund(REFUND), says(paid()), says(refund(custom_id="refund-2")))


def test_a_refund_of_another_order_is_neither_made_nor_read(paypal):
    for operation in (paypal.refund(REFUND), paypal.get_refund("refund-1", NUMBER, ORDER)):
        with pytest.raises(OutcomeUnknown):
            ask(operation, says(paid(invoice_id="attempt-2")))


def test_a_repeated_refund_of_another_amount_is_not_called_done(paypal):
    before = order("COMPLETED", captures=(capture(status="PARTIALLY_REFUNDED"),), refunds=(refund(),))
    with pytest.raises(OutcomeUnknown):
        ask(paypal.refund(replace(REFUND, amount=Money(1, "USD"))), says(before))


# Saved wallets


def test_a_refused_revocation_is_not_one(paypal):
    assert ask(paypal.revoke_mandate(WALLET, "asked"), refuses("PERMISSION_DENIED", 403)).state is MandateState.UNKNOWN


@pytest.mark.parametrize("answer", [{**SAVED, "id": "other"}, {}], ids=["another", "nothing"])
def test_another_saved_wallet_is_not_the_one_asked_for(paypal, answer):
    with pytest.raises(OutcomeUnknown):
        ask(paypal.get_mandate(WALLET, "mandate-1"), says(answer))


def test_another_mandates_wallet_is_not_made_of_an_approval(paypal):
    approved, others = says({"status": "APPROVED"}), {**SAVED, "customer": {"merchant_customer_id": "mandate-2"}}
    with pytest.raises(OutcomeUnknown):
        ask(paypal.get_mandate("setup:1", "mandate-1"), approved, says(others))


def test_one_of_several_wallets_is_not_guessed(paypal):
    used = says({"status": "CONSUMED", "customer": SAVED["customer"]})
    several = says({"payment_tokens": [SAVED, {**SAVED, "id": "other"}]})
    found = ask(paypal.get_mandate("setup:1", "mandate-1"), used, several)
    assert (found.state, found.mandate_ref) == (MandateState.UNKNOWN, "setup:1")


def test_a_refused_look_up_ends_no_mandate(paypal):
    found = ask(paypal.get_mandate(WALLET, "mandate-1"), refuses("PERMISSION_DENIED", 403))
    assert (found.state, found.found) == (MandateState.UNKNOWN, True)


def test_a_charge_that_waits_for_the_payer_has_failed_and_is_never_captured(paypal):
    waiting = order("PAYER_ACTION_REQUIRED", custom_id="charge")
    result = ask(paypal.charge(CHARGE), says(waiting))
    assert (result.state, result.decline.category) == (PaymentState.FAILED, DeclineCategory.NEEDS_CUSTOMER_ACTION)
    later = ask(paypal.get_payment(NUMBER, ORDER), says(order("APPROVED", custom_id="charge")))
    assert later.state is PaymentState.CLOSED


def test_a_charge_of_a_wallet_that_is_gone_has_failed_and_asks_for_another_signature(paypal):
    result = ask(paypal.charge(CHARGE), refuses("RESOURCE_NOT_FOUND", 404))
    assert (result.state, result.decline.reason) == (PaymentState.FAILED, Reason.MANDATE_REVOKED)
