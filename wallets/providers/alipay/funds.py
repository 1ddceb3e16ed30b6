"""Alipay's daily fund bill (账务明细, `signcustomer`): every movement of the balance, written like the trade bill.

It tells of trades too that were not made through the interface. What went out may be written with or without a sign.
"""

import re
from collections.abc import Iterator, Sequence

from common.money import Money
from wallets.providers import fund_flow
from wallets.providers.alipay.bill import CURRENCY, Row, details, readable, rows
from wallets.providers.alipay.gateway import read_time
from wallets.providers.alipay.reading import HOME_CURRENCY
from wallets.providers.fund_flow import Movement, Nature

FLOW, TRADE, REFERENCE, KIND, AT = "账务流水号", "业务流水号", "商户订单号", "业务类型", "发生时间"
CAME, WENT = "收入金额", "支出金额"
TOTALS = {sign: re.compile(rf"#{word}合计：(\d+)笔，共-?([\d.]+)元") for word, sign in (("收入", 1), ("支出", -1))}
# Alipay adds kinds as it likes. One that is not here is told to people: transfers (转账), deposits (保证金), and so on.
NATURES = {
    **dict.fromkeys(("在线支付", "交易付款", "交易退款", "退款", "收费", "退费"), Nature.TRADE),
    **dict.fromkeys(("提现", "充值"), Nature.OWN),
}


def movements(archive: bytes) -> Sequence[Movement]:
    with readable():
        return [moved for text in details(archive, FLOW) for moved in _checked(text)]


def _checked(text: str) -> Iterator[Movement]:
    found = [_movement(row) for row in rows(text)]
    for sign, pattern in TOTALS.items():
        said = pattern.search(text)
        there = [sign * one.amount.minor for one in found if sign * one.amount.minor > 0]
        if said is None or (int(said[1]), Money.parse(said[2], HOME_CURRENCY).minor) != (len(there), sum(there)):
            raise ValueError("the bill does not have the movements it claims")
    yield from found


def _movement(row: Row) -> Movement:
    booked_at = read_time(row[AT])
    if booked_at is None:
        raise ValueError(AT)
    currency = row.get(CURRENCY) or HOME_CURRENCY
    came, went = Money.parse(row[CAME] or "0", currency), Money.parse(row[WENT] or "0", currency)
    return Movement(
        nature=NATURES.get(row[KIND], Nature.OTHER),
        numbers=fund_flow.numbers((row[TRADE], row[REFERENCE])),
        merchant_ref=row[REFERENCE],
        provider_ref=row[TRADE] or row[FLOW],
        amount=Money(came.minor - abs(went.minor), currency),
        booked_at=booked_at,
    )
