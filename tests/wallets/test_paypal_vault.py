"""Wallets PayPal saved for us: asked for, found again, ended, and charged within what was agreed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from common.http import OutcomeUnknown, run
from tests.wallets.paypal_fixtures import paypal, paypal_sandbox
from wallets.providers.base import MandateState, PaymentState

__all__ = ["paypal", "paypal_sandbox"]


def test_a_saved_wallet_whose_answer_was_lost_is_found_by_asking(paypal):
    request = paypal.mandate_request()
    started = run(paypal.provider.start_mandate(request))
    paypal.user_signs(started.action.url)
    paypal.fault("timeout_after_commit", method="payment_tokens.create")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.get_mandate(started.mandate_ref, request.merchant_ref))
    paypal.move_clock(paypal.now() + timedelta(hours=4))
    found = run(paypal.provider.get_mandate(started.mandate_ref, request.merchant_ref))
    assert (found.state, found.mandate_ref.startswith("setup:")) == (MandateState.ACTIVE, False)
    assert len(paypal.control.get("paypal/tokens")["tokens"]) == 1


def test_an_agreement_ended_before_its_answer_came_leaves_no_saved_wallet(paypal):
    request = paypal.mandate_request()
    started = run(paypal.provider.start_mandate(request))
    paypal.user_signs(started.action.url)
    paypal.fault("timeout_after_commit", method="payment_tokens.create")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.get_mandate(started.mandate_ref, request.merchant_ref))
    assert run(paypal.provider.revoke_mandate(started.mandate_ref, "asked")).state is MandateState.REVOKED
    assert [one["status"] for one in paypal.control.get("paypal/tokens")["tokens"]] == ["DELETED"]


def test_an_unsigned_agreement_that_is_refused_stays_pending(paypal):
    request = paypal.mandate_request()
    started = run(paypal.provider.start_mandate(request))
    paypal.control.press(f"/paypal/agreements/{started.mandate_ref.removeprefix('setup:')}/refuse")
    assert run(paypal.provider.get_mandate(started.mandate_ref, request.merchant_ref)).state is MandateState.PENDING


def test_a_wallet_saved_while_paying_can_be_charged(paypal):
    payment = paypal.created(save_method=True)
    paypal.approves(payment)
    saved = paypal.looked_up(payment).saved
    assert (saved.state, saved.merchant_ref) == (MandateState.ACTIVE, payment.merchant_ref)
    mandate = replace(paypal.mandate(), mandate_ref=saved.mandate_ref)
    assert run(paypal.provider.charge(paypal.charge(mandate))).state is PaymentState.SUCCEEDED


def test_a_wallet_is_not_saved_unless_that_was_asked_for(paypal):
    assert paypal.paid().saved is None


def test_a_limit_is_kept_by_us_because_paypal_keeps_none(paypal):
    mandate = paypal.mandate(total_payments=1)
    request = paypal.charge(replace(mandate, charged_count=1))
    assert run(paypal.provider.charge(request)).state is PaymentState.FAILED
    assert paypal.debits(request.merchant_ref) == 0
