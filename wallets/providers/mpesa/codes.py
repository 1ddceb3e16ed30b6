"""Daraja's codes in our words: result codes of the phone, and error codes of the gateway before it.

Source: Safaricom Daraja 3 documentation, M-Pesa Express; codes of the reversal and pull products.
"""

from wallets.providers.messages import DeclineInfo
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import Reason

PAID = "0"
SESSION_BUSY = "1001"
STILL_WORKING = frozenset({"4999", "500.001.1001"})
INVALID_TOKEN = "404.001.03"  # noqa: S105 - an error code
RATE_LIMITED = frozenset({"500.003.02", "500.003.03", "429.001.01"})
BOOKS_GIVEN = "1000"
BOOKS_EMPTY = "1001"

_TABLE: dict[tuple[Category, Reason], tuple[str, ...]] = {
    (Category.RETRY_LATER, Reason.INSUFFICIENT_FUNDS): ("1",),
    (Category.RETRY_LATER, Reason.NO_RESPONSE): ("1037", "1019"),
    (Category.RETRY_LATER, Reason.DUPLICATE): (SESSION_BUSY,),
    (Category.RETRY_LATER, Reason.PROVIDER_DOWN): ("1025", "9999", "17", "26"),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.CANCELLED_BY_CUSTOMER): ("1032",),
    (Category.NEEDS_CUSTOMER_ACTION, Reason.AUTHENTICATION_REQUIRED): ("2001",),
    (Category.UNKNOWN_OUTCOME, Reason.NO_RESPONSE): tuple(STILL_WORKING),
    (Category.UNKNOWN_OUTCOME, Reason.DUPLICATE): ("R000001",),
    (Category.OPERATOR, Reason.INVALID_REQUEST): ("400.002.02", "400.002.05", "404.001.01", "405.001", "R000002"),
    (Category.OPERATOR, Reason.CREDENTIALS): (INVALID_TOKEN, "400.008.01", "400.008.02", "401.002.01", "401.003.01"),
}
_BY_CODE = {code: meaning for meaning, codes in _TABLE.items() for code in codes}


def classify(code: str, message: str = "") -> DeclineInfo:
    """An unlisted code is an unknown outcome, never a failure."""
    category, reason = _BY_CODE.get(code, (Category.UNKNOWN_OUTCOME, Reason.UNMAPPED))
    return DeclineInfo(category=category, reason=reason, code=code[:40], message=message[:200])
