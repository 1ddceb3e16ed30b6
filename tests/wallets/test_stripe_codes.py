"""Stripe's codes and amounts: pure tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import Money
from wallets.providers.base import DeclineCategory as Category
from wallets.providers.base import Reason
from wallets.providers.errors import ConfigError
from wallets.providers.stripe import amounts, codes, methods
from wallets.providers.stripe.adapter import describe
from wallets.providers.stripe.client import Refused


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("generic_decline", Category.RETRY_NEW_METHOD),
        ("generic_decline/try_again_later", Category.RETRY_LATER),
        ("insufficient_funds/do_not_try_again", Category.NEVER_RETRY),
        ("insufficient_funds/confirm_card_data", Category.RETRY_NEW_METHOD),
        ("stolen_card/try_again_later", Category.NEVER_RETRY),
        ("revocation_of_all_authorizations/try_again_later", Category.NEVER_RETRY),
        ("brand_new_code", Category.UNKNOWN_OUTCOME),
        ("insufficient_funds/advice_of_tomorrow", Category.RETRY_LATER),
    ],
)
def test_an_issuers_advice_outranks_its_decline_but_never_softens_a_never(code, category):
    assert codes.classify(code).category is category


@pytest.mark.parametrize("code", ["revocation_of_authorization", "stop_payment_order"])
def test_a_revocation_at_the_bank_is_a_revoked_mandate(code):
    assert codes.classify(code).reason is Reason.MANDATE_REVOKED


@pytest.mark.parametrize(
    ("error", "status", "category"),
    [
        (
            {"type": "card_error", "code": "card_declined", "decline_code": "do_not_honor"},
            402,
            Category.RETRY_NEW_METHOD,
        ),
        ({"type": "card_error", "code": "expired_card"}, 402, Category.RETRY_NEW_METHOD),
        ({"type": "card_error", "code": "unheard_of"}, 402, Category.UNKNOWN_OUTCOME),
        ({"type": "card_error"}, 402, Category.UNKNOWN_OUTCOME),
        ({"type": "invalid_request_error", "code": "unheard_of"}, 400, Category.OPERATOR),
        ({"type": "invalid_request_error", "param": "payment_method"}, 400, Category.NEEDS_CUSTOMER_ACTION),
        ({"type": "invalid_request_error"}, 401, Category.OPERATOR),
        ({"type": "invalid_request_error"}, 403, Category.OPERATOR),
        ({"type": 7, "code": None, "decline_code": ["x"]}, 402, Category.UNKNOWN_OUTCOME),
    ],
)
def test_an_error_is_read_by_its_most_telling_code(error, status, category):
    assert codes.refusal(Refused(error, status)).category is category


@pytest.mark.parametrize("parameter", ["payment_method", "customer"])
@pytest.mark.parametrize(
    ("code", "category", "kept"),
    [
        ("payment_method_currency_mismatch", Category.OPERATOR, "payment_method_currency_mismatch"),
        ("parameter_invalid_empty", Category.OPERATOR, "parameter_invalid_empty"),
        ("resource_missing", Category.NEEDS_CUSTOMER_ACTION, codes.DETACHED),
        ("", Category.NEEDS_CUSTOMER_ACTION, codes.DETACHED),
    ],
)
def test_a_wallet_is_gone_only_where_no_listed_code_says_what_is_wrong(parameter, code, category, kept):
    error = {"type": "invalid_request_error", "code": code, "param": parameter}
    decline = codes.refusal(Refused(error, 400))
    assert (decline.category, decline.code) == (category, kept)


def test_what_stripe_says_in_words_is_not_kept():
    error = {"type": "card_error", "code": "card_declined", "decline_code": "x" * 500, "message": "Jane's card"}
    decline = codes.refusal(Refused(error, 402))
    assert (decline.message, len(decline.code) <= codes.LONGEST_CODE) == ("", True)


@pytest.mark.parametrize(
    ("minor", "currency", "units"),
    [
        (1250, "EUR", 1250),
        (500, "JPY", 500),
        (500, "KRW", 500),
        (500, "VND", 500),
        (500, "ISK", 50_000),
        (500, "UGX", 50_000),
        (12_340, "KWD", 12_340),
        (70_000, "MGA", 700),
    ],
)
def test_stripes_unit_of_a_currency_is_its_own(minor, currency, units):
    assert amounts.to_stripe(Money(minor, currency)) == units
    assert amounts.from_stripe(units, currency.lower()) == Money(minor, currency)


@given(st.integers(1, 10**6), st.sampled_from(["EUR", "JPY", "ISK", "UGX", "BHD", "KWD", "TND", "MGA", "USD"]))
def test_an_amount_the_descriptor_takes_survives_the_way_there_and_back(steps, currency):
    amount = Money(steps * describe(None).step(currency), currency)
    assert amounts.from_stripe(amounts.to_stripe(amount), currency.lower()) == amount


@pytest.mark.parametrize(
    ("units", "currency"), [(50, "isk"), (True, "usd"), ("12", "usd"), (1.5, "usd"), (5, ""), (5, None)]
)
def test_what_is_no_amount_is_not_read_as_one(units, currency):
    with pytest.raises(ValueError, match="amount"):
        amounts.from_stripe(units, currency)


def test_a_third_decimal_that_is_not_zero_is_between_the_steps():
    rules = describe(frozenset({"KWD"}))
    assert rules.step("KWD") == 10
    assert rules.highest("KWD") % rules.step("KWD") == 0
    assert rules.lowest("KWD") % rules.step("KWD") == 0


def test_wechat_and_alipay_pay_once_and_are_never_saved():
    names = tuple(methods.METHODS)
    assert {"alipay", "wechat_pay"} <= set(methods.for_payment(names, Money(1000, "CNY"), save=False))
    assert {"alipay", "wechat_pay"}.isdisjoint(methods.for_payment(names, Money(1000, "CNY"), save=True))
    assert {"alipay", "wechat_pay"}.isdisjoint(methods.for_mandate(names, "CNY"))


@pytest.mark.parametrize(("amount", "shown"), [(1_000_000, True), (1_000_001, False)])
def test_sepa_is_for_euro_up_to_ten_thousand(amount, shown):
    names = tuple(methods.METHODS)
    assert ("sepa_debit" in methods.for_payment(names, Money(amount, "EUR"), save=False)) is shown
    assert "sepa_debit" not in methods.for_payment(names, Money(100, "USD"), save=False)


@pytest.mark.parametrize("text", ["cash", "card,cash", " , "])
def test_an_unknown_method_in_the_settings_is_named(text):
    with pytest.raises(ConfigError, match="card"):
        methods.chosen(text)
