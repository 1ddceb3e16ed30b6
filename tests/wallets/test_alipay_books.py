"""Alipay's fund bill: no money moves unseen, and none is told of twice."""

import io
import zipfile
from datetime import datetime, timedelta

import pytest

from common.http import OutcomeUnknown, run
from common.money import Money
from wallets.providers.alipay import funds
from wallets.providers.alipay.gateway import ALIPAY_ZONE
from wallets.providers.base import EventKind
from wallets.providers.fund_flow import Nature

HEAD = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,"
    "交易渠道,业务类型,备注"
)
CAME = "90000000000001\t,2026112900000001\t,\t,,2026-11-29 21:02:06,x (x@example.com)\t,40.50,0.00,145.50,支付宝,转账,"
WENT = "90000000000002\t,\t,T1\t,,2026-11-29 20:31:32,\t,,-3.93,105.00,支付宝,保证金,"
TOTALS = "#支出合计：1笔，共-3.93元\r\n#收入合计：1笔，共40.50元"


def written(*rows: str, head: str = HEAD, totals: str = TOTALS) -> bytes:
    text = "\r\n".join(["#支付宝账务明细查询", "#账号：[1]", head, *rows, "#---账务明细列表结束---", totals, ""])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("1_账务明细.csv", text.encode("gbk"))
        files.writestr("1_账务明细(汇总).csv", "#支付宝账务汇总查询\r\n类型,收入金额（+元）\r\n".encode("gbk"))
    return archive.getvalue()


def local(alipay, hour: int, minute: int = 0) -> datetime:
    return alipay.now().astimezone(ALIPAY_ZONE).replace(hour=hour, minute=minute, second=0, microsecond=0)


@pytest.fixture
def noon(alipay):
    alipay.move_clock(local(alipay, 12))
    return alipay


def beside(alipay, *, days: int = 0):
    """What the statement of that day tells beyond trades; asked two days later."""
    day = (local(alipay, 0) + timedelta(days=days)).date()
    asked, alipay.offset = alipay.offset, alipay.offset + timedelta(days=days + 2)
    alipay.move_clock(alipay.now())
    found = run(alipay.provider.statement(day))
    alipay.offset = asked
    return [line for line in found if line.kind is EventKind.OTHER]


def test_trades_refunds_and_their_fees_are_told_once(noon):
    paid = noon.paid()
    run(noon.provider.refund(noon.refund_request(paid, 234)))
    assert beside(noon) == []


def test_money_paid_to_us_beside_the_interface_is_told(noon):
    noon.paid()
    noon.control.user("move", kind="在线支付", amount="55.00", reference="T200P1")
    (line,) = beside(noon)
    assert (line.amount, line.merchant_ref, bool(line.provider_ref)) == (Money(5500, "CNY"), "T200P1", True)


def test_a_fee_of_no_trade_is_told_and_moves_to_and_from_our_bank_are_not(noon):
    for kind, yuan in (("提现", "-90.00"), ("充值", "40.00"), ("收费", "-0.20"), ("其他", "0.07")):
        noon.control.user("move", kind=kind, amount=yuan)
    assert [line.amount.minor for line in beside(noon)] == [-20, 7]


def test_what_is_booked_after_midnight_belongs_to_the_trade_of_the_evening(alipay):
    alipay.move_clock(local(alipay, 23, 59))
    paid = alipay.paid()
    alipay.move_clock(alipay.now() + timedelta(minutes=10))
    alipay.control.user("move", kind="在线支付", amount="12.34", reference=paid.merchant_ref)
    assert beside(alipay) == []


def test_a_movement_of_the_last_hour_is_told_once_with_the_next_day(alipay):
    alipay.move_clock(local(alipay, 23, 30))
    alipay.control.user("move", kind="转账", amount="-3.00")
    assert beside(alipay) == []
    assert [line.amount.minor for line in beside(alipay, days=1)] == [-300]


def test_what_the_statement_of_a_day_told_the_next_does_not_tell(noon):
    noon.control.user("move", kind="转账", amount="3.00")
    assert [line.amount.minor for line in beside(noon)] == [300]
    assert beside(noon, days=1) == []


def test_a_bill_of_the_published_form_reads():
    came, went = funds.movements(written(CAME, WENT))
    assert (came.amount, went.amount) == (Money(4050, "CNY"), Money(-393, "CNY"))
    assert (came.provider_ref, came.merchant_ref, came.numbers) == ("2026112900000001", "", {"2026112900000001"})
    assert (went.provider_ref, went.merchant_ref, went.nature) == ("90000000000002", "T1", Nature.OTHER)
    assert came.booked_at.astimezone(ALIPAY_ZONE).hour == 21


def test_what_went_out_may_be_written_without_a_sign():
    plain = written(CAME, WENT.replace("-3.93", "3.93"), totals=TOTALS.replace("-", ""))
    assert [one.amount.minor for one in funds.movements(plain)] == [4050, -393]


@pytest.mark.parametrize(
    "archive",
    [
        written(CAME),
        written(CAME, WENT, totals=""),
        written(CAME, WENT, totals=TOTALS.replace("40.50", "40.51")),
        written(CAME, WENT, totals=TOTALS.replace("支出合计：1", "支出合计：2")),
        written(CAME, WENT.replace("2026", "yyyy")),
        written(CAME, WENT.replace("-3.93", "-3.931")),
        written(CAME, WENT, head=HEAD.replace("业务类型", "x")),
        b"no archive",
    ],
)
def test_a_bill_that_does_not_add_up_is_not_believed(archive):
    with pytest.raises(OutcomeUnknown):
        funds.movements(archive)
