"""Alipay's daily trade bill: a ZIP with a GBK-encoded CSV whose comment lines start with `#`."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import InvalidOperation

from common.errors import InvalidInput
from common.http import OutcomeUnknown
from common.money import Money
from wallets.providers import fund_flow
from wallets.providers.alipay.gateway import read_time
from wallets.providers.alipay.reading import HOME_CURRENCY
from wallets.providers.fund_flow import Trades
from wallets.providers.messages import StatementLine
from wallets.providers.vocabulary import EventKind

LARGEST_UNPACKED = 256 << 20
KINDS = {"交易": EventKind.PAYMENT, "退款": EventKind.REFUND}
REFERENCE, TRADE, KIND = "商户订单号", "支付宝交易号", "业务类型"
AMOUNT, FEE, FINISHED, REFUND = "订单金额", "服务费", "完成时间", "退款批次号/请求号"
# Only our simulator writes this column: a mainland bill is always in yuan.
CURRENCY = "币种"
Row = Mapping[str, str]


def trades(archive: bytes) -> Trades:
    with readable():
        found = [row for text in details(archive, REFERENCE) for row in rows(text)]
        named = (row.get(name, "") for row in found for name in (REFERENCE, TRADE, REFUND))
        return Trades([_line(row) for row in found], fund_flow.numbers(named))


@contextmanager
def readable() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, UnicodeDecodeError, KeyError, ValueError, InvalidInput, InvalidOperation) as error:
        raise OutcomeUnknown("Alipay's bill could not be read. Ask for it again.") from error


def details(archive: bytes, column: str) -> Iterator[str]:
    """The files that have this column: the archive also holds a summary."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        if sum(entry.file_size for entry in files.infolist()) > LARGEST_UNPACKED:
            raise ValueError("the bill unpacks to more than allowed")
        for entry in files.infolist():
            text = files.read(entry).decode("gb18030")
            if column in text:
                yield text


def rows(text: str) -> Iterator[Row]:
    kept = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    table = ([cell.strip() for cell in row] for row in csv.reader(kept))
    # The name of a column may end with its unit, in brackets of either width.
    header = [re.split("[（(]", name)[0] for name in next(table, [])]
    return (dict(zip(header, row, strict=False)) for row in table)


def _line(row: Row) -> StatementLine:
    currency = row.get(CURRENCY) or HOME_CURRENCY
    booked_at = read_time(row[FINISHED])
    if booked_at is None:
        raise ValueError(FINISHED)
    return StatementLine(
        kind=KINDS.get(row[KIND], EventKind.OTHER),
        merchant_ref=row[REFERENCE],
        provider_ref=row[TRADE],
        refund_ref=row.get(REFUND, ""),
        amount=Money.parse(row[AMOUNT], currency),
        # The bill writes a fee taken from us as a negative number, and one given back as a positive one.
        fee=-Money.parse(row.get(FEE) or "0", currency),
        booked_at=booked_at,
    )
