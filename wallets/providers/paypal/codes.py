"""PayPal's issues, advice codes and capture reasons in our words: a pure table.

Source: PayPal Orders v2, Payments v2 and Vault v3 error lists; card networks' payment advice codes.
"""

from wallets.providers.messages import DeclineInfo
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import Reason

ALREADY_DONE = frozenset(
    {"ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_COMPLETED", "DUPLICATE_INVOICE_ID", "ORDER_COMPLETED_OR_VOIDED"}
)
IN_PROGRESS = frozenset({"PREVIOUS_REQUEST_IN_PROGRESS", "ORDER_COMPLETION_IN_PROGRESS"})
TOKEN_MISSING, TOKEN_EXPIRED = "TOKEN_ID_NOT_FOUND", "TOKEN_EXPIRED"
NOT_FOUND = "RESOURCE_NOT_FOUND"
ADVICE = "payment_advice_code_"

_TABLE: dict[tuple[Category, Reason], tuple[str, ...]] = {
    # A repeat under the same id is a look-up in our terms: a new reference here could charge a second time.
    (Category.UNKNOWN_OUTCOME, Reason.DUPLICATE): (*sorted(ALREADY_DONE), *sorted(IN_PROGRESS)),
    (Category.UNKNOWN_OUTCOME, Reason.NO_RESPONSE): (NOT_FOUND, "INVALID_RESOURCE_ID"),
    (Category.UNKNOWN_OUTCOME, Reason.PROVIDER_DOWN): ("INTERNAL_SERVER_ERROR", "INTERNAL_SERVICE_ERROR"),
    (Category.RETRY_LATER, Reason.LIMIT_REACHED): ("TRANSACTION_LIMIT_EXCEEDED", "RATE_LIMIT_REACHED"),
    (Category.RETRY_LATER, Reason.DECLINED_GENERIC): (f"{ADVICE}02",),
    (Category.RETRY_NEW_METHOD, Reason.DECLINED_GENERIC): (
        "INSTRUMENT_DECLINED",
        "PAYMENT_DENIED",
        "PAYMENT_SOURCE_CANNOT_BE_USED",
        "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR",
        "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
        "CAPTURE_DECLINED",
        "CAPTURE_FAILED",
    ),
    (Category.RETRY_NEW_METHOD, Reason.METHOD_EXPIRED): ("CARD_EXPIRED", f"{ADVICE}01"),
    (Category.RETRY_NEW_METHOD, Reason.LIMIT_REACHED): ("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.AUTHENTICATION_REQUIRED): (
        "PAYER_ACTION_REQUIRED",
        "ORDER_NOT_APPROVED",
        "ORDER_IS_PENDING_APPROVAL",
        "CONSENT_NEEDED",
    ),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_REVOKED): (
        "AGREEMENT_ALREADY_CANCELLED",
        "BILLING_AGREEMENT_NOT_FOUND",
        TOKEN_MISSING,
    ),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_EXPIRED): (TOKEN_EXPIRED,),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.CANCELLED_BY_CUSTOMER): ("ORDER_EXPIRED",),
    (Category.NEVER_RETRY, Reason.ACCOUNT_RESTRICTED): ("PAYER_ACCOUNT_RESTRICTED", "PAYER_CANNOT_PAY"),
    (Category.NEVER_RETRY, Reason.ACCOUNT_CLOSED): ("PAYER_ACCOUNT_LOCKED_OR_CLOSED",),
    (Category.NEVER_RETRY, Reason.SUSPECTED_FRAUD): ("COMPLIANCE_VIOLATION", "TRANSACTION_REFUSED"),
    (Category.NEVER_RETRY, Reason.DECLINED_GENERIC): (f"{ADVICE}03",),
    (Category.NEVER_RETRY, Reason.MANDATE_REVOKED): (f"{ADVICE}21",),
    (Category.OPERATOR, Reason.CREDENTIALS): (
        "PERMISSION_DENIED",
        "NOT_AUTHORIZED",
        "INVALID_CLIENT",
        "invalid_client",
        "invalid_token",
        "AUTHENTICATION_FAILURE",
        "INVALID_ACCOUNT_STATUS",
    ),
    (Category.OPERATOR, Reason.INVALID_REQUEST): (
        "INVALID_REQUEST",
        "INVALID_PARAMETER_VALUE",
        "INVALID_PARAMETER_SYNTAX",
        "MISSING_REQUIRED_PARAMETER",
        "MALFORMED_REQUEST_JSON",
        "DECIMAL_PRECISION",
        "DECIMALS_NOT_SUPPORTED",
        "INVALID_CURRENCY_CODE",
        "CANNOT_BE_ZERO_OR_NEGATIVE",
        "CURRENCY_NOT_SUPPORTED_FOR_COUNTRY",
        "PAYPAL_REQUEST_ID_REQUIRED",
        "DUPLICATE_REQUEST_ID",
        "REFUND_AMOUNT_EXCEEDED",
        "REFUND_CAPTURE_CURRENCY_MISMATCH",
        "CAPTURE_FULLY_REFUNDED",
        "MAX_NUMBER_OF_REFUNDS_EXCEEDED",
        "REFUND_TIME_LIMIT_EXCEEDED",
        "REFUND_NOT_ALLOWED",
        "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK",
        "REFUND_FAILED_INSUFFICIENT_FUNDS",
        "PENDING_CAPTURE",
        "TRANSACTION_DISPUTED",
    ),
}
_BY_CODE = {code: meaning for meaning, listed in _TABLE.items() for code in listed}
_OUR_ACCOUNT = ("PAYEE_", "NOT_ENABLED_")


def classify(code: str, message: str = "") -> DeclineInfo:
    """An unlisted code is an unknown outcome, never a failure."""
    unlisted = (Category.UNKNOWN_OUTCOME, Reason.UNMAPPED)
    ours = (Category.OPERATOR, Reason.CREDENTIALS) if code.startswith(_OUR_ACCOUNT) else unlisted
    category, reason = _BY_CODE.get(code, ours)
    return DeclineInfo(category=category, reason=reason, code=code, message=message)
