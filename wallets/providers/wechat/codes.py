"""WeChat Pay's codes in our words: a pure table for both API generations.

Source: WeChat Pay error tables of 委托代扣 (APIv2) and of payments and refunds (APIv3).
"""

from wallets.providers.messages import DeclineInfo
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import Reason

ACCEPTED = "ORDER_ACCEPTED"
# The order of a deduction that failed is closed by WeChat itself; the look-up does not say why.
DEDUCTION_CLOSED = "DEDUCTION_CLOSED"
REFUND_ABNORMAL = "REFUND_ABNORMAL"
# APIv3 does not know the order it was asked to give back although it is paid: see docs/decisions/0010.
REFUND_ELSEWHERE = "REFUND_AT_MERCHANT_PLATFORM"
USED_BEFORE = frozenset({"ORDERPAID", "ORDER_PAID", "ORDERCLOSED", "ORDER_CLOSED", "OUT_TRADE_NO_USED"})
ORDER_MISSING = frozenset({"ORDERNOTEXIST", "ORDER_NOT_EXIST", "ORDER_NOT_EXISTS", "RESOURCE_NOT_EXISTS"})
CONTRACT_MISSING = frozenset({"CONTRACT_NOT_EXIST", "CONTRACT_NOT_EXISTED"})
ANNOUNCED_BEFORE = "RESOURCE_ALREADY_EXISTS"
RATE_LIMITED = frozenset({"FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "RATELIMIT_EXCEEDED"})
RULE_LIMITS = frozenset({"RULELIMIT", "RULE_LIMIT"})
BILL_MISSING = "NO_STATEMENT_EXIST"
BILL_IN_THE_MAKING = "STATEMENT_CREATING"

_TABLE: dict[tuple[Category, Reason], tuple[str, ...]] = {
    (Category.UNKNOWN_OUTCOME, Reason.PROVIDER_DOWN): ("SYSTEMERROR", "SYSTEM_ERROR", "BANKERROR", "BANK_ERROR"),
    (Category.UNKNOWN_OUTCOME, Reason.NO_RESPONSE): (ACCEPTED, "USERPAYING", "ORDERNOTEXIST", "ORDER_NOT_EXIST"),
    (Category.UNKNOWN_OUTCOME, Reason.DUPLICATE): tuple(sorted(USED_BEFORE)),
    (Category.UNKNOWN_OUTCOME, Reason.DECLINED_GENERIC): ("TRADE_ERROR",),
    (Category.RETRY_LATER, Reason.INSUFFICIENT_FUNDS): ("NOTENOUGH",),
    (Category.RETRY_LATER, Reason.LIMIT_REACHED): (*sorted(RULE_LIMITS), *sorted(RATE_LIMITED)),
    (Category.RETRY_LATER, Reason.DECLINED_GENERIC): (DEDUCTION_CLOSED,),
    (Category.RETRY_NEW_METHOD, Reason.ACCOUNT_RESTRICTED): (
        "ACCOUNTERROR",
        "ACCOUNT_ERROR",
        "USER_ACCOUNT_ABNORMAL",
    ),
    (Category.NEVER_RETRY, Reason.ACCOUNT_CLOSED): ("USER_NOT_EXIST", "USER_NOT_EXISTS"),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_REVOKED): (*sorted(CONTRACT_MISSING), "CONTRACT_NOT_CONFIRM"),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.MANDATE_EXPIRED): ("CONTRACTERROR",),
    (Category.OPERATOR, Reason.CREDENTIALS): (
        "SIGNERROR",
        "SIGN_ERROR",
        "NOAUTH",
        "NO_AUTH",
        "APPID_MCHID_NOT_MATCH",
        "NO_CERT",
        "MCH_NOT_EXISTS",
        "APPID_NOT_EXIST",
    ),
    (Category.OPERATOR, Reason.INVALID_REQUEST): (
        "PARAM_ERROR",
        "INVALID_REQUEST",
        "XML_FORMAT_ERROR",
        REFUND_ELSEWHERE,
    ),
    (Category.OPERATOR, Reason.INSUFFICIENT_FUNDS): ("NOT_ENOUGH",),
    (Category.OPERATOR, Reason.METHOD_EXPIRED): (REFUND_ABNORMAL,),
}
_BY_CODE = {code: meaning for meaning, codes in _TABLE.items() for code in codes}


def classify(code: str, message: str = "") -> DeclineInfo:
    """An unlisted code is an unknown outcome, never a failure."""
    category, reason = _BY_CODE.get(code, (Category.UNKNOWN_OUTCOME, Reason.UNMAPPED))
    return DeclineInfo(category=category, reason=reason, code=code, message=message)
