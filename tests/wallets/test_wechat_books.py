"""WeChat Pay's fund-flow bill: no money moves unseen, and none is told of twice."""

import gzip
import hashlib
from datetime import timedelta

import pytest

from common.http import OutcomeUnknown, run
from common.money import Money
from tests.wallets.wechat_fixtures import wechat, wechat_sandbox
from tests.wallets.wechat_harness import BEIJING
from wallets.providers.base import EventKind
from wallets.providers.fund_flow import Nature
from wallets.providers.wechat import funds

__all__ = ["wechat", "wechat_sandbox"]
HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,"
    "资金变更提交申请人,备注,业务凭证号"
)
CAME = "`2026-11-10 16:33:45,`50300001,`19000001,`退款,`退款关闭,`收入,`0.30,`9.30,`system,`,`R12345"
WENT = "`2026-11-10 17:00:00,`,`19000002,`企业付款,`企业付款,`支出,`1.20,`8.10,`someone,`,`"
TOTAL_NAMES = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


def written(*rows: str, totals: str = "2.0,1.0,0.30,1.0,1.20") -> bytes:
    ticked = ",".join(f"`{cell}" for cell in totals.split(","))
    return "\r\n".join([HEAD, *rows, TOTAL_NAMES, ticked, ""]).encode()


def read(text: bytes):
    return funds.movements(gzip.compress(text), hashlib.sha1(text).hexdigest())


def beside(wechat, *, days: int = 0):
    """What the statement of that day tells beyond trades; asked two days later."""
    day = wechat.beijing(0, days=days).date()
    asked, wechat.offset = wechat.offset, wechat.offset + timedelta(days=days + 2)
    wechat.move_clock(wechat.now())
    found = run(wechat.provider.statement(day))
    wechat.offset = asked
    return [line for line in found if line.kind is EventKind.OTHER]


def test_trades_refunds_and_their_fees_are_told_once(wechat):
    paid = wechat.paid()
    run(wechat.provider.refund(wechat.refund_request(paid, 234)))
    assert beside(wechat) == []


def test_money_paid_to_us_by_no_order_of_ours_is_told(wechat):
    wechat.paid()
    wechat.control.user("move", kind="交易", amount=5500, reference="SOMEBODYS")
    (line,) = beside(wechat)
    assert (line.amount, line.merchant_ref, bool(line.provider_ref)) == (Money(5500, "CNY"), "SOMEBODYS", True)


def test_a_fee_of_no_trade_is_told_and_moves_to_and_from_our_bank_are_not(wechat):
    for kind, fen in (("提现", -9000), ("充值", 4000), ("提现手续费", -20), ("扣除交易手续费", -7)):
        wechat.control.user("move", kind=kind, amount=fen)
    assert [line.amount.minor for line in beside(wechat)] == [-20, -7]


def test_a_refund_that_was_closed_came_back_under_our_number(wechat):
    paid = wechat.paid()
    wechat.fault("accept_only", method="refund")
    request = wechat.refund_request(paid, 234)
    run(wechat.provider.refund(request))
    wechat.settle_refund(request.refund_ref, succeeds=False)
    (line,) = beside(wechat)
    assert (line.amount, line.merchant_ref) == (Money(234, "CNY"), paid.merchant_ref)


def test_what_is_booked_after_midnight_belongs_to_the_trade_of_the_evening(wechat):
    wechat.move_clock(wechat.beijing(23) + timedelta(minutes=59))
    paid = wechat.paid()
    wechat.move_clock(wechat.now() + timedelta(minutes=10))
    wechat.control.user("move", kind="交易", amount=1234, reference=paid.merchant_ref)
    assert beside(wechat) == []


def test_a_movement_of_the_last_hour_is_told_once_with_the_next_day(wechat):
    wechat.move_clock(wechat.beijing(23) + timedelta(minutes=30))
    wechat.control.user("move", kind="企业付款", amount=-300)
    assert beside(wechat) == []
    assert [line.amount.minor for line in beside(wechat, days=1)] == [-300]


def test_what_the_statement_of_a_day_told_the_next_does_not_tell(wechat):
    wechat.control.user("move", kind="企业付款", amount=300)
    assert [line.amount.minor for line in beside(wechat)] == [300]
    assert beside(wechat, days=1) == []


def test_a_bill_of_the_published_form_reads():
    came, went = read(written(CAME, WENT))
    assert (came.amount, went.amount) == (Money(30, "CNY"), Money(-120, "CNY"))
    assert (came.merchant_ref, came.numbers) == ("R12345", {"50300001", "R12345"})
    assert (went.provider_ref, went.numbers, went.nature) == ("19000002", frozenset(), Nature.OTHER)
    assert came.booked_at.astimezone(BEIJING).hour == 16


@pytest.mark.parametrize(
    "text",
    [
        written(CAME),
        written(CAME, WENT, totals="2.0,1.0,0.31,1.0,1.20"),
        written(CAME, WENT, totals="2.0,1.0,0.30,1.0,1.19"),
        written(CAME, WENT.replace("支出", "没有")),
        written(CAME, WENT.replace("2026", "yyyy")),
        written(CAME, WENT.replace("1.20", "1.201")),
        written(CAME, WENT).replace("业务凭证号".encode(), b"x"),
    ],
)
def test_a_bill_that_does_not_add_up_is_not_believed(text):
    with pytest.raises(OutcomeUnknown):
        read(text)
