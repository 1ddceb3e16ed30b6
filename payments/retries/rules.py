"""What a kind of refusal calls for: a table from the wallets' categories and reasons to what we do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wallets.providers.base import DeclineCategory as Category
from wallets.providers.base import Reason, RetryRules


class Ladder(StrEnum):
    """Whose trouble it was. Only a DECLINED try is the debtor's and counts as one of theirs."""

    DECLINED = "declined"
    TROUBLE = "trouble"
    OPERATOR = "operator"


class Wait(StrEnum):
    """Where the next moment comes from: a rung, or a limit that begins anew with the day or the month."""

    RUNG = "rung"
    NEXT_DAY = "next_day"
    NEXT_MONTH = "next_month"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`stop`: why there is no next try. `learned`: the model is asked, too; `pay_day`: so is the debtor's pay day."""

    ladder: Ladder = Ladder.DECLINED
    wait: Wait = Wait.RUNG
    stop: str = ""
    learned: bool = False
    pay_day: bool = False


FUNDS = Rule(learned=True, pay_day=True)
DECLINED = Rule(learned=True)
LIMIT = Rule(wait=Wait.NEXT_DAY)
MONTH_LIMIT = Rule(wait=Wait.NEXT_MONTH)
TROUBLE = Rule(ladder=Ladder.TROUBLE)
OURS = Rule(ladder=Ladder.OPERATOR)
OTHER_WALLET = Rule(stop="other_wallet")
ASK_THE_DEBTOR = Rule(stop="debtor_must_act")
NEVER = Rule(stop="never_again")
OVER_THE_AGREEMENT = Rule(ladder=Ladder.OPERATOR, stop="agree_anew")

_CATEGORIES = {category.value: category for category in Category}
BY_REASON: dict[tuple[Category, str], Rule] = {
    (Category.RETRY_LATER, Reason.INSUFFICIENT_FUNDS): FUNDS,
    (Category.RETRY_LATER, Reason.LIMIT_REACHED): LIMIT,
    (Category.RETRY_LATER, Reason.PROVIDER_DOWN): TROUBLE,
    (Category.RETRY_LATER, Reason.NO_RESPONSE): TROUBLE,
    (Category.RETRY_LATER, Reason.DUPLICATE): TROUBLE,
    (Category.OPERATOR, Reason.AMOUNT_OVER_MANDATE): OVER_THE_AGREEMENT,
}
BY_CATEGORY: dict[Category, Rule] = {
    Category.RETRY_LATER: DECLINED,
    Category.RETRY_NEW_METHOD: OTHER_WALLET,
    Category.NEVER_RETRY: NEVER,
    Category.NEEDS_CUSTOMER_ACTION: ASK_THE_DEBTOR,
    # The debit has failed for certain, but nobody knows why: that is for a person, not for another try.
    Category.UNKNOWN_OUTCOME: Rule(stop="not_understood"),
    Category.OPERATOR: OURS,
}


def rule_for(category: str, reason: str, *, code: str = "", earlier: tuple[str, ...] = (), rules: RetryRules) -> Rule:
    """`code` is the wallet's own, `earlier` those of this instalment's tries before. No category at all: a plain no."""
    if category not in _CATEGORIES:
        return DECLINED
    code = bare(code)
    if code in rules.other_wallet_if_repeated and any(bare(one) in rules.other_wallet_if_repeated for one in earlier):
        return OTHER_WALLET
    if code in rules.until_next_month:
        return MONTH_LIMIT
    kind = _CATEGORIES[category]
    return BY_REASON.get((kind, reason)) or BY_CATEGORY[kind]


def bare(code: str) -> str:
    """Without the prefixes (`aop.ACQ.`) that come and go between a wallet's own APIs."""
    return code.rpartition(".")[2]
