"""The words every provider is translated into: stable, for reports, letters and the retry policy are keyed by them."""

from enum import StrEnum


class Capability(StrEnum):
    ONE_OFF = "one_off"
    QR = "qr"
    REDIRECT = "redirect"
    PUSH_PROMPT = "push_prompt"
    DEPOSIT_ADDRESS = "deposit_address"
    MANDATE = "mandate"
    MANDATE_WITH_PAYMENT = "mandate_with_payment"
    AGREEMENT_WITH_PAYMENT = "agreement_with_payment"
    MERCHANT_CHARGE = "merchant_charge"
    PAY_WITH_SAVED = "pay_with_saved"
    PROVIDER_SCHEDULED = "provider_scheduled"
    PRE_DEBIT_NOTICE = "pre_debit_notice"
    VARIABLE_AMOUNT = "variable_amount"
    REVOKE_BY_MERCHANT = "revoke_by_merchant"
    POSTPONE_CHARGE = "postpone_charge"
    REFUND = "refund"
    PARTIAL_REFUND = "partial_refund"
    CLOSE = "close"
    STATEMENT = "statement"
    WEBHOOK_SIGNED = "webhook_signed"
    REVERSIBLE_AFTER_SUCCESS = "reversible_after_success"


class PaymentState(StrEnum):
    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    REVERSED = "reversed"


class MandateState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class RefundState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class DeclineCategory(StrEnum):
    """What may be done next. `OPERATOR` means our own fault: it never uses up the debtor's retries."""

    RETRY_LATER = "retry_later"
    RETRY_NEW_METHOD = "retry_new_method"
    NEVER_RETRY = "never_retry"
    NEEDS_CUSTOMER_ACTION = "needs_customer_action"
    UNKNOWN_OUTCOME = "unknown_outcome"
    OPERATOR = "operator"


class Reason(StrEnum):
    INSUFFICIENT_FUNDS = "insufficient_funds"
    LIMIT_REACHED = "limit_reached"
    MANDATE_REVOKED = "mandate_revoked"
    MANDATE_EXPIRED = "mandate_expired"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_RESTRICTED = "account_restricted"
    AUTHENTICATION_REQUIRED = "authentication_required"
    METHOD_EXPIRED = "method_expired"
    DECLINED_GENERIC = "declined_generic"
    SUSPECTED_FRAUD = "suspected_fraud"
    CANCELLED_BY_CUSTOMER = "cancelled_by_customer"
    NO_RESPONSE = "no_response"
    DUPLICATE = "duplicate"
    PROVIDER_DOWN = "provider_down"
    CREDENTIALS = "credentials"
    INVALID_REQUEST = "invalid_request"
    OUTSIDE_WINDOW = "outside_window"
    AMOUNT_OVER_MANDATE = "amount_over_mandate"
    DEPOSIT_PROBLEM = "deposit_problem"
    UNMAPPED = "unmapped"


class ActionKind(StrEnum):
    """What the payer has to do next to pay or to sign."""

    REDIRECT = "redirect"
    QR = "qr"
    DEEPLINK = "deeplink"
    SDK = "sdk"
    ADDRESS = "address"
    WAIT_FOR_PROMPT = "wait_for_prompt"


class Channel(StrEnum):
    """Where the payer is looking at us. APP: the creditor's own app, which hands our payload to the wallet's SDK."""

    DESKTOP = "desktop"
    PHONE = "phone"
    QR = "qr"
    APP = "app"


class PeriodUnit(StrEnum):
    DAY = "day"
    MONTH = "month"


class EventKind(StrEnum):
    PAYMENT = "payment"
    MANDATE = "mandate"
    REFUND = "refund"
    OTHER = "other"


class Claim(StrEnum):
    """What a notice says of the payer's complaint at the wallet, whether or not money has moved."""

    OPEN = "open"
    OVER = "over"


class IdempotencyKind(StrEnum):
    """How the provider recognises a repeat: by the merchant reference, by a request key, or not at all."""

    MERCHANT_REFERENCE = "merchant_reference"
    REQUEST_KEY = "request_key"
    NONE = "none"
