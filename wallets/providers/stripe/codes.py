"""Stripe's error, decline and advice codes in our words: a pure table.

A code is written `decline_code`, or `decline_code/advice_code` where the issuer's advice says more than its decline.
Source: Stripe's documentation of declines and error codes.
"""

from wallets.providers.messages import DeclineInfo
from wallets.providers.stripe.client import Refused
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import Reason

IDEMPOTENCY = "idempotency_error"
INVALID = "invalid_request_error"
AUTHENTICATION = "authentication_required"
DETACHED = "payment_method_detached"
MISSING = "resource_missing"
# Not Stripe's word: a saved card whose last month is over is not even tried.
OVER = "payment_method_expired"
# Nor this: a refund of a payment that Stripe does not show.
NOT_PAID = "payment_not_found"

_TABLE: dict[tuple[Category, Reason], tuple[str, ...]] = {
    (Category.NEEDS_CUSTOMER_ACTION, Reason.AUTHENTICATION_REQUIRED): (
        AUTHENTICATION, "approve_with_id", "offline_pin_required", "online_or_offline_pin_required",
        "payment_intent_authentication_failure", "setup_intent_authentication_failure",
    ),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_REVOKED): (
        DETACHED, "payment_method_unexpected_state", "payment_intent_mandate_invalid",
    ),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_EXPIRED): (OVER,),
    (Category.RETRY_LATER, Reason.INSUFFICIENT_FUNDS): ("insufficient_funds", "balance_insufficient"),
    (Category.RETRY_LATER, Reason.LIMIT_REACHED): (
        "card_velocity_exceeded", "withdrawal_count_limit_exceeded", "card_decline_rate_limit_exceeded",
    ),
    (Category.RETRY_LATER, Reason.NO_RESPONSE): (
        "try_again_later", "issuer_not_available", "processing_error", "reenter_transaction",
    ),
    (Category.RETRY_NEW_METHOD, Reason.DECLINED_GENERIC): (
        "card_declined", "generic_decline", "do_not_honor", "call_issuer", "transaction_not_allowed",
        "service_not_allowed", "not_permitted", "currency_not_supported", "card_not_supported", "no_action_taken",
        "new_account_information_available", "testmode_decline", "payment_method_provider_decline",
        "payment_intent_payment_attempt_failed", "bank_account_declined", "debit_not_authorized",
        "refer_to_customer", "generic_could_not_process",
    ),
    (Category.RETRY_NEW_METHOD, Reason.METHOD_EXPIRED): ("expired_card", "invalid_expiry_month", "invalid_expiry_year"),
    (Category.RETRY_NEW_METHOD, Reason.INVALID_REQUEST): (
        "incorrect_number", "incorrect_cvc", "incorrect_pin", "incorrect_zip", "incorrect_address", "invalid_account",
        "invalid_amount", "invalid_cvc", "invalid_number", "invalid_pin", "pin_try_exceeded",
    ),
    (Category.RETRY_NEW_METHOD, Reason.ACCOUNT_CLOSED): ("account_closed", "bank_account_unusable", "no_account"),
    (Category.NEVER_RETRY, Reason.ACCOUNT_CLOSED): ("recipient_deceased",),
    (Category.NEVER_RETRY, Reason.SUSPECTED_FRAUD): (
        "stolen_card", "lost_card", "pickup_card", "fraudulent", "merchant_blacklist", "security_violation",
    ),
    (Category.NEVER_RETRY, Reason.ACCOUNT_RESTRICTED): ("restricted_card", "bank_account_restricted"),
    (Category.NEVER_RETRY, Reason.MANDATE_REVOKED): (
        "revocation_of_authorization", "revocation_of_all_authorizations", "stop_payment_order",
    ),
    (Category.OPERATOR, Reason.INVALID_REQUEST): (
        INVALID, NOT_PAID, "parameter_missing", "parameter_unknown", "parameter_invalid_empty",
        "parameter_invalid_integer", MISSING, "amount_too_small", "amount_too_large", IDEMPOTENCY,
        "charge_already_refunded", "charge_disputed", "payment_intent_unexpected_state", "url_invalid",
        "payment_intent_invalid_parameter", "payment_method_currency_mismatch", "refund_disputed_payment",
    ),
    (Category.OPERATOR, Reason.CREDENTIALS): (
        "api_key_expired", "secret_key_required", "platform_api_key_expired", "account_invalid",
        "testmode_charges_only", "livemode_mismatch", "invalid_api_key", "permission_denied",
        "payment_method_not_available",
    ),
}  # fmt: skip
_BY_CODE = {code: meaning for meaning, codes in _TABLE.items() for code in codes}
# A revoked authorisation stays revoked, whatever the issuer advises.
_ADVICE = {
    "do_not_try_again": Category.NEVER_RETRY,
    "try_again_later": Category.RETRY_LATER,
    "confirm_card_data": Category.RETRY_NEW_METHOD,
}
# Statuses of calls that were refused as such, and the code of those that carry none.
_NOT_ACCEPTED = {400: "", 401: "invalid_api_key", 403: "permission_denied", 404: MISSING}
LONGEST_CODE = 60


def classify(code: str, message: str = "") -> DeclineInfo:
    """An unlisted code is an unknown outcome, never a failure; an issuer's advice outranks its decline."""
    name, _, advice = code.partition("/")
    category, reason = _BY_CODE.get(name, (Category.UNKNOWN_OUTCOME, Reason.UNMAPPED))
    if advice in _ADVICE and category is not Category.NEVER_RETRY:
        category = _ADVICE[advice]
    return DeclineInfo(category=category, reason=reason, code=code, message=message)


def refusal(refused: Refused) -> DeclineInfo:
    """The decline in an answer that said no, or in the last error of a payment."""
    code = refused.text("code")[:LONGEST_CODE]
    if refused.status in _NOT_ACCEPTED:
        return _not_accepted(refused, code)
    named = refused.text("decline_code")[:LONGEST_CODE] or code or refused.text("type")[:LONGEST_CODE]
    advice = refused.text("advice_code")[:LONGEST_CODE]
    return classify(f"{named}/{advice}" if advice else named)


def _not_accepted(refused: Refused, code: str) -> DeclineInfo:
    """Nothing was tried with the payer's money: whatever the code is called, it is for us to mend."""
    known = code if code in _BY_CODE else ""
    # A listed code says what is wrong with the call; without one, or with "missing", the parameter says what is gone.
    if known in ("", MISSING) and refused.text("param") in ("payment_method", "customer"):
        return classify(DETACHED, code)
    return classify(known or _NOT_ACCEPTED[refused.status] or INVALID, code)
