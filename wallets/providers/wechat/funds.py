"""The daily fund-flow bill (资金账单): every movement of the merchant's basic account, written like the trade bill.

Amounts are without a sign; 收支类型 says whether one came in or went out.
"""

import re
from collections.abc import Sequence

from common.money import Money
from wallets.providers import fund_flow
from wallets.providers.fund_flow import Movement, Nature
from wallets.providers.wechat.bill import CURRENCY, Row, readable, table
from wallets.providers.wechat.requests import HOME_CURRENCY
from wallets.providers.wechat.times import read_spaced

TIME, TRADE, FLOW, NAME, KIND = "记账时间", "微信支付业务单号", "资金流水单号", "业务名称", "业务类型"
WAY, AMOUNT, VOUCHER = "收支类型", "收支金额", "业务凭证号"
SIGNS = {"收入": 1, "支出": -1}
COUNT, TOTALS = "资金流水总笔数", {"收入金额": 1, "支出金额": -1}
# WeChat adds kinds as it likes. One that is not here is told to people: a refund that was closed (退款关闭) and came
# back, transfers (企业付款), vouchers, shares (分账).
NATURES = {
    **dict.fromkeys(("交易", "扣除交易手续费", "手续费", "退款", "退还交易手续费"), Nature.TRADE),
    **dict.fromkeys(("充值", "提现"), Nature.OWN),
}


def movements(packed: bytes, sha1: str) -> Sequence[Movement]:
    with readable():
        details, totals = table(packed, sha1, count=COUNT)
        # The name of a column may end with its unit, in brackets of either width.
        rows = [{re.split("[（(]", name)[0]: cell for name, cell in row.items()} for row in details]
        found = [_movement(row) for row in rows]
        _check(found, totals)
        return found


def _check(found: Sequence[Movement], totals: Row) -> None:
    for name, sign in TOTALS.items():
        claimed = Money.parse(totals[name], HOME_CURRENCY).minor
        if claimed != sum(sign * one.amount.minor for one in found if sign * one.amount.minor > 0):
            raise ValueError(name)


def _movement(row: Row) -> Movement:
    booked_at = read_spaced(row[TIME])
    if booked_at is None:
        raise ValueError(TIME)
    amount = Money.parse(row[AMOUNT], row.get(CURRENCY) or HOME_CURRENCY)
    return Movement(
        nature=NATURES.get(row[KIND], Nature.OTHER),
        numbers=fund_flow.numbers((row[TRADE], row[VOUCHER])),
        merchant_ref=row[VOUCHER],
        provider_ref=row[TRADE] or row[FLOW],
        amount=Money(SIGNS[row[WAY]] * amount.minor, amount.currency),
        booked_at=booked_at,
    )
