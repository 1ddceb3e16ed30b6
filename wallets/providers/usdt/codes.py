"""The words of a chain payment in ours: a pure table. An unlisted code is an unknown outcome, never a failure."""

from wallets.providers.deposits import DepositProblem
from wallets.providers.messages import DeclineInfo
from wallets.providers.vocabulary import DeclineCategory as Category
from wallets.providers.vocabulary import Reason

_TABLE: dict[str, tuple[Category, Reason]] = {
    **{problem.value: (Category.OPERATOR, Reason.DEPOSIT_PROBLEM) for problem in DepositProblem},
    "expired": (Category.RETRY_LATER, Reason.NO_RESPONSE),
    "-32000": (Category.UNKNOWN_OUTCOME, Reason.PROVIDER_DOWN),
    "-32001": (Category.UNKNOWN_OUTCOME, Reason.PROVIDER_DOWN),
    "-32005": (Category.UNKNOWN_OUTCOME, Reason.LIMIT_REACHED),
    "-32600": (Category.OPERATOR, Reason.INVALID_REQUEST),
    "-32601": (Category.OPERATOR, Reason.INVALID_REQUEST),
    "-32602": (Category.OPERATOR, Reason.INVALID_REQUEST),
}


def classify(code: str, message: str = "") -> DeclineInfo:
    category, reason = _TABLE.get(code, (Category.UNKNOWN_OUTCOME, Reason.UNMAPPED))
    return DeclineInfo(category=category, reason=reason, code=code, message=message)
