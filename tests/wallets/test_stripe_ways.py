"""What a payer chose on Stripe's page, in the facts Stripe tells and the words people know them by."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from common.http import run
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers.base import DeclineCategory, PaymentState, Reason
from wallets.providers.paid_with import PaidWith
from wallets.providers.stripe import codes, reading
from wallets.providers.ways import paid_with_words

__all__ = ["stripe", "stripe_sandbox"]

WAYS = {
    "visa": ("card//visa/4242", "Visa ending 4242"),
    "apple_pay": ("card/apple_pay/visa/4242", "Apple Pay, Visa ending 4242"),
    "google_pay": ("card/google_pay/visa/4242", "Google Pay, Visa ending 4242"),
    "link": ("link///", "Link"),
    "alipay": ("alipay///", "Alipay"),
    "wechat_pay": ("wechat_pay///", "WeChat Pay"),
    "sepa_debit": ("sepa_debit///3000", "SEPA direct debit ending 3000"),
}


@pytest.mark.parametrize("choice", WAYS)
def test_what_was_chosen_on_the_page_is_told_and_named(stripe, choice):
    stripe.currency = "EUR"
    paid = stripe.paid_by(choice)
    code, words = WAYS[choice]
    assert paid.state is (PaymentState.PENDING if choice == "sepa_debit" else PaymentState.SUCCEEDED)
    assert paid.paid_with.code == code and paid_with_words(code) == words


def test_before_anything_was_tried_nothing_is_told(stripe):
    assert stripe.created().paid_with is None


@pytest.mark.parametrize("code", [code for code, _words in WAYS.values()])
def test_what_is_kept_is_read_as_it_was(code):
    assert PaidWith.read(code).code == code


def test_names_we_have_never_heard_are_shown_as_they_are_and_other_text_is_not_kept():
    assert paid_with_words("ideal///") == "Ideal" and paid_with_words("card//visa/4242") and paid_with_words("") == ""
    told = {"payment_method_details": {"type": "card", "card": {"brand": "<b>", "last4": "4242", "wallet": None}}}
    assert reading._paid_with(told) is None
    told["payment_method_details"]["card"] |= {"brand": "visa", "last4": "4242424242424242"}
    assert reading._paid_with(told).last4 == "4242"
    for malformed in ({}, {"payment_method_details": None}, {"payment_method_details": {"type": 7}}):
        assert reading._paid_with(malformed) is None or reading._paid_with(malformed).code == "7///"


def test_the_words_are_chinese_for_who_reads_chinese():
    with override("zh-hans"):
        assert "4242" in paid_with_words("card/apple_pay/visa/4242") and "ending" not in paid_with_words(
            "sepa_debit///3000"
        )


@pytest.mark.parametrize(
    ("code", "category", "reason"),
    [
        ("no_account", DeclineCategory.RETRY_NEW_METHOD, Reason.ACCOUNT_CLOSED),
        ("refer_to_customer", DeclineCategory.RETRY_NEW_METHOD, Reason.DECLINED_GENERIC),
        ("recipient_deceased", DeclineCategory.NEVER_RETRY, Reason.ACCOUNT_CLOSED),
    ],
)
def test_a_banks_return_code_of_a_late_refusal_is_understood(stripe, code, category, reason):
    stripe.currency = "EUR"
    accepted = stripe.paid_by("sepa_debit")
    stripe.control.user("fail", attempt_id=accepted.merchant_ref, code=code)
    found = run(stripe.provider.get_payment(accepted.merchant_ref, accepted.provider_ref))
    assert (found.state, found.decline.category, found.decline.reason) == (PaymentState.FAILED, category, reason)
    assert codes.classify(code).category is category
