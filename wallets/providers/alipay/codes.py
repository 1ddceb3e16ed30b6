"""Alipay's result codes in our words: a pure table.

Source: Alipay open platform, error tables of the trade and agreement APIs.
"""

from wallets.providers.messages import DeclineInfo
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import Reason

SUCCESS = "10000"
USER_PAYING = "10003"
ALREADY_PAID = frozenset({"TRADE_HAS_SUCCESS", "CONTEXT_INCONSISTENT", "TRADE_STATUS_ERROR"})
TRADE_MISSING = "TRADE_NOT_EXIST"
AGREEMENT_GONE = frozenset({"USER_AGREEMENT_NOT_EXIST", "AGREEMENT_NOT_EXIST", "AGREEMENT_HAS_UNSIGNED"})
RATE_LIMITED = frozenset({"isp.call-limited", "isv.call-limited", "aop.call-limited"})
UNTIL_NEXT_MONTH = frozenset({"BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR"})
BILL_MISSING = frozenset({"isp.bill_not_exist", "BILL_NOT_EXIST"})

_TABLE: dict[tuple[Category, Reason], tuple[str, ...]] = {
    (Category.UNKNOWN_OUTCOME, Reason.PROVIDER_DOWN): ("20000", "SYSTEM_ERROR", "isp.unknow-error"),
    (Category.UNKNOWN_OUTCOME, Reason.NO_RESPONSE): (USER_PAYING, TRADE_MISSING),
    (Category.UNKNOWN_OUTCOME, Reason.DUPLICATE): ("TRADE_HAS_SUCCESS", "TRADE_STATUS_ERROR"),
    (Category.RETRY_LATER, Reason.INSUFFICIENT_FUNDS): (
        "BUYER_BALANCE_NOT_ENOUGH",
        "BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
    ),
    (Category.RETRY_LATER, Reason.LIMIT_REACHED): (
        "BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR",
        *sorted(UNTIL_NEXT_MONTH),
    ),
    (Category.RETRY_LATER, Reason.DUPLICATE): ("TRADE_HAS_CLOSE", "CONTEXT_INCONSISTENT"),
    (Category.RETRY_NEW_METHOD, Reason.DECLINED_GENERIC): (
        "NO_PAYMENT_INSTRUMENTS_AVAILABLE",
        "ERROR_BALANCE_PAYMENT_DISABLE",
    ),
    (Category.RETRY_NEW_METHOD, Reason.SUSPECTED_FRAUD): ("PAYMENT_REQUEST_HAS_RISK",),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_REVOKED): (
        "AGREEMENT_NOT_EXIST",
        "AGREEMENT_INVALID",
        "AGREEMENT_STATUS_NOT_NORMAL",
        "AGREEMENT_ERROR",
        "AGREEMENT_HAS_UNSIGNED",
        "USER_AGREEMENT_NOT_EXIST",
    ),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.CANCELLED_BY_CUSTOMER): ("PAYMENT_FAIL",),
    (Category.NEVER_RETRY, Reason.ACCOUNT_CLOSED): ("BUYER_NOT_EXIST",),
    (Category.NEVER_RETRY, Reason.ACCOUNT_RESTRICTED): ("BUYER_ENABLE_STATUS_FORBID",),
    (Category.NEVER_RETRY, Reason.INVALID_REQUEST): ("BUYER_SELLER_EQUAL",),
    (Category.OPERATOR, Reason.OUTSIDE_WINDOW): ("CYCLE_PAY_DATE_NOT_MATCH",),
    (Category.OPERATOR, Reason.AMOUNT_OVER_MANDATE): (
        "CYCLE_PAY_SINGLE_FEE_EXCEED",
        "CYCLE_PAY_TOTAL_FEE_EXCEED",
        "CYCLE_PAY_TOTAL_TIMES_EXCEED",
    ),
    (Category.OPERATOR, Reason.INVALID_REQUEST): (
        "40001",
        "40002",
        "INVALID_PARAMETER",
        "isv.invalid-parameter",
        "isv.missing-method",
        "isv.invalid-method",
        "isv.invalid-timestamp",
        "REFUND_AMT_NOT_EQUAL_TOTAL",
        "DISCORDANT_REPEAT_REQUEST",
        "REFUND_FEE_ERROR",
        "TRADE_HAS_FINISHED",
        "TRADE_NOT_ALLOW_REFUND",
    ),
    (Category.OPERATOR, Reason.CREDENTIALS): (
        "20001",
        "40006",
        "ACCESS_FORBIDDEN",
        "PARTNER_ERROR",
        "isv.invalid-signature",
        "isv.invalid-app-id",
        "isv.missing-signature",
        "isv.insufficient-isv-permissions",
    ),
}
_BY_CODE = {code: meaning for meaning, codes in _TABLE.items() for code in codes}
_OUR_ACCOUNT = ("SELLER_", "MERCHANT_")


def bare(code: str) -> str:
    """Without the `aop.` and `ACQ.` prefixes, which come and go between APIs."""
    return code.removeprefix("aop.").removeprefix("ACQ.")


def classify(code: str, message: str = "") -> DeclineInfo:
    """An unlisted code is an unknown outcome, never a failure."""
    name = bare(code)
    unlisted = (Category.UNKNOWN_OUTCOME, Reason.UNMAPPED)
    ours = (Category.OPERATOR, Reason.CREDENTIALS) if name.startswith(_OUR_ACCOUNT) else unlisted
    category, reason = _BY_CODE.get(name, ours)
    return DeclineInfo(category=category, reason=reason, code=code, message=message)
