"""Debits of wallets Stripe saved, by card and by SEPA: accepted, declined, given back."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from common.http import OutcomeUnknown, run
from common.money import Money
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers.base import DeclineCategory, MandateState, PaymentResult, PaymentState, Reason
from wallets.providers.stripe import reading

__all__ = ["stripe", "stripe_sandbox"]


def test_a_debit_is_found_before_search_shows_it_and_after(stripe):
    request = stripe.charge_request(stripe.mandate())
    stripe.fault("timeout_after_commit")
    with pytest.raises(OutcomeUnknown):
        run(stripe.provider.charge(request))
    assert run(stripe.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
    stripe.move_clock(stripe.now() + timedelta(hours=2))
    assert run(stripe.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED


def test_the_earlier_debit_decides_when_a_reference_is_used_again_for_another_amount(stripe):
    request = stripe.charge_request(stripe.mandate())
    run(stripe.provider.charge(request))
    again = run(stripe.provider.charge(replace(request, amount=stripe.money(999))))
    assert (again.state, again.amount) == (PaymentState.SUCCEEDED, request.amount)
    assert stripe.debits(request.merchant_ref) == 1


def test_a_server_error_is_told_again_under_its_key_and_moves_nothing(stripe):
    request = stripe.charge_request(stripe.mandate())
    stripe.fault("http_500", method="payment_intents")
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            run(stripe.provider.charge(request))
    assert run(stripe.provider.get_payment(request.merchant_ref)).found is False
    assert stripe.debits(request.merchant_ref) == 0


def test_a_debit_accepted_under_a_key_is_told_as_it_stands_now(stripe):
    request = stripe.charge_request(stripe.mandate())
    stripe.fault("accept_only")
    assert run(stripe.provider.charge(request)).state is PaymentState.PENDING
    stripe.control.user("settle", attempt_id=request.merchant_ref)
    assert run(stripe.provider.charge(request)).state is PaymentState.SUCCEEDED
    assert stripe.debits(request.merchant_ref) == 1


def test_a_bank_that_wants_the_payer_ends_the_debit(stripe):
    request = stripe.mandate_request()
    started = run(stripe.provider.start_mandate(request))
    stripe.user_signs(started.action.url, "visa_asks")
    signed = run(stripe.provider.get_mandate("", request.merchant_ref))
    charge = stripe.charge_request(replace(stripe.mandate(), mandate_ref=signed.mandate_ref))
    result = run(stripe.provider.charge(charge))
    assert result.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
    assert run(stripe.provider.get_payment(charge.merchant_ref)).state is PaymentState.FAILED


def test_a_debit_above_what_was_agreed_never_leaves_us(stripe):
    mandate = stripe.mandate(total_payments=1)
    over = stripe.charge_request(mandate, 5001)
    assert run(stripe.provider.charge(over)).decline.reason is Reason.AMOUNT_OVER_MANDATE
    used_up = stripe.charge_request(replace(mandate, charged_count=1))
    assert run(stripe.provider.charge(used_up)).decline.category is DeclineCategory.OPERATOR
    assert stripe.control.get("stripe/payment_intents")["payment_intents"] == []


def test_a_mandate_past_its_own_end_has_no_window(stripe):
    mandate = stripe.mandate(valid_until=date(2026, 1, 1))
    window = stripe.provider.charge_window(mandate, stripe.money(), stripe.now())
    assert window.decline.reason is Reason.MANDATE_EXPIRED


def test_signing_may_be_begun_again_and_the_last_page_counts(stripe):
    request = stripe.mandate_request()
    first, second = (run(stripe.provider.start_mandate(request)) for _ in range(2))
    assert first.action.url != second.action.url
    stripe.user_signs(second.action.url)
    assert run(stripe.provider.get_mandate("", request.merchant_ref)).state is MandateState.ACTIVE
    assert len(stripe.control.get("stripe/customers")["customers"]) == 1


def test_a_mandate_is_found_after_search_knows_it_too(stripe):
    request = stripe.mandate_request()
    stripe.user_signs(run(stripe.provider.start_mandate(request)).action.url)
    stripe.move_clock(stripe.now() + timedelta(hours=1))
    found = run(stripe.provider.get_mandate("", request.merchant_ref))
    assert (found.state, found.merchant_ref) == (MandateState.ACTIVE, request.merchant_ref)


# SEPA


def test_a_sepa_debit_is_pending_for_days_and_then_paid(stripe):
    request = stripe.charge_request(stripe.sepa_mandate())
    assert run(stripe.provider.charge(request)).state is PaymentState.PENDING
    assert stripe.debits(request.merchant_ref) == 0
    stripe.move_clock(stripe.now() + timedelta(days=6))
    assert run(stripe.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
    assert stripe.debits(request.merchant_ref) == 1


def test_a_sepa_debit_can_fail_after_it_was_accepted(stripe):
    request = stripe.charge_request(stripe.sepa_mandate())
    run(stripe.provider.charge(request))
    stripe.control.user("fail", attempt_id=request.merchant_ref)
    found = run(stripe.provider.get_payment(request.merchant_ref))
    assert (found.state, found.decline.reason) == (PaymentState.FAILED, Reason.INSUFFICIENT_FUNDS)


def test_a_sepa_payment_of_a_page_can_fail_long_after_the_page(stripe):
    stripe.currency = "EUR"
    accepted = stripe.paid_by("sepa_debit")
    assert (accepted.state, stripe.debits(accepted.merchant_ref)) == (PaymentState.PENDING, 0)
    stripe.control.user("fail", attempt_id=accepted.merchant_ref)
    for known in (accepted.provider_ref, ""):
        found = run(stripe.provider.get_payment(accepted.merchant_ref, known))
        assert (found.state, found.decline.reason) == (PaymentState.FAILED, Reason.INSUFFICIENT_FUNDS)


def test_a_sepa_debit_given_back_by_the_debtor_is_reversed_for_good(stripe):
    request = stripe.charge_request(stripe.sepa_mandate())
    run(stripe.provider.charge(request))
    stripe.control.user("settle", attempt_id=request.merchant_ref)
    stripe.reverse(request.merchant_ref)
    assert run(stripe.provider.get_payment(request.merchant_ref)).state is PaymentState.REVERSED


def test_a_sepa_mandate_ended_at_the_bank_is_seen_and_takes_no_money(stripe):
    mandate = stripe.sepa_mandate()
    stripe.control.user("end_at_bank", id=mandate.mandate_ref)
    assert run(stripe.provider.get_mandate(mandate.mandate_ref)).state is MandateState.REVOKED
    request = stripe.charge_request(mandate)
    result = run(stripe.provider.charge(request))
    assert (result.state, result.decline.reason) == (PaymentState.FAILED, Reason.MANDATE_REVOKED)
    assert stripe.debits(request.merchant_ref) == 0


def test_a_dispute_we_win_brings_the_payment_back(stripe):
    paid = stripe.paid()
    stripe.reverse(paid.merchant_ref)
    (dispute,) = stripe.control.get("stripe/disputes")["disputes"]
    stripe.control.user("win", id=dispute["id"])
    assert run(stripe.provider.get_payment(paid.merchant_ref, paid.provider_ref)).state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    ("parts", "state"), [([1233], PaymentState.SUCCEEDED), ([1000, 234], PaymentState.REVERSED), ([], None)]
)
def test_a_dispute_of_a_part_leaves_the_payment_paid(parts, state):
    paid = PaymentResult(state=PaymentState.SUCCEEDED, merchant_ref="A1", amount=Money(1234, "USD"))
    lost = [{"id": f"du_{part}", "status": "lost", "amount": part, "currency": "usd"} for part in parts]
    warned = {"id": "du_w", "status": "warning_needs_response", "amount": 1234, "currency": "usd"}
    found = reading.disputed(paid, [*lost, warned])
    assert found.state is (state or paid.state)
    assert [dispute.amount.minor for dispute in found.disputes if dispute.gone] == parts
