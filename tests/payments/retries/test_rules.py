"""What each kind of refusal calls for, by the wallets' own tables."""

from __future__ import annotations

import pytest

from payments.retries.rules import DECLINED, Ladder, Wait, rule_for
from wallets.providers.alipay import codes as alipay
from wallets.providers.alipay.adapter import describe as alipay_descriptor
from wallets.providers.base import DeclineCategory, Reason, RetryRules
from wallets.providers.wechat import codes as wechat

ALIPAY = alipay_descriptor(None).retries
WECHAT = RetryRules(other_wallet_if_repeated=wechat.RULE_LIMITS)


def rule(table, code: str, *earlier: str, rules: RetryRules):
    said = table.classify(code)
    return rule_for(said.category.value, said.reason.value, code=code, earlier=earlier, rules=rules)


@pytest.mark.parametrize(
    ("code", "ladder", "wait", "stop"),
    [
        ("ACQ.BUYER_BALANCE_NOT_ENOUGH", Ladder.DECLINED, Wait.RUNG, ""),
        ("ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", Ladder.DECLINED, Wait.NEXT_DAY, ""),
        ("ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR", Ladder.DECLINED, Wait.NEXT_MONTH, ""),
        ("ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE", Ladder.DECLINED, Wait.RUNG, "other_wallet"),
        ("ACQ.BUYER_NOT_EXIST", Ladder.DECLINED, Wait.RUNG, "never_again"),
        ("ACQ.AGREEMENT_NOT_EXIST", Ladder.DECLINED, Wait.RUNG, "debtor_must_act"),
        ("ACQ.TRADE_HAS_CLOSE", Ladder.TROUBLE, Wait.RUNG, ""),
        ("ACQ.CYCLE_PAY_DATE_NOT_MATCH", Ladder.OPERATOR, Wait.RUNG, ""),
        ("ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED", Ladder.OPERATOR, Wait.RUNG, "agree_anew"),
        ("ACQ.SOMETHING_NEW", Ladder.DECLINED, Wait.RUNG, "not_understood"),
    ],
)
def test_alipays_refusals(code, ladder, wait, stop):
    found = rule(alipay, code, rules=ALIPAY)
    assert (found.ladder, found.wait, found.stop) == (ladder, wait, stop)


def test_wechats_rule_limit_waits_for_the_next_day_and_when_it_comes_again_for_another_wallet():
    assert rule(wechat, "RULELIMIT", rules=WECHAT).wait is Wait.NEXT_DAY
    assert rule(wechat, "RULELIMIT", "NOTENOUGH", rules=WECHAT).wait is Wait.NEXT_DAY
    assert rule(wechat, "RULELIMIT", "RULE_LIMIT", rules=WECHAT).stop == "other_wallet"
    assert rule(wechat, "FREQUENCY_LIMITED", "RULELIMIT", rules=WECHAT).wait is Wait.NEXT_DAY


def test_a_plain_no_without_a_kind_goes_down_the_debtors_ladder():
    assert rule_for("", "", rules=RetryRules()) is DECLINED


@pytest.mark.parametrize("category", list(DeclineCategory))
@pytest.mark.parametrize("reason", list(Reason))
def test_only_what_may_succeed_later_or_was_our_own_mistake_is_ever_tried_again(category, reason):
    found = rule_for(category.value, reason.value, rules=RetryRules())
    assert bool(found.stop) == (
        category not in (DeclineCategory.RETRY_LATER, DeclineCategory.OPERATOR)
        or (category, reason) == (DeclineCategory.OPERATOR, Reason.AMOUNT_OVER_MANDATE)
    )
