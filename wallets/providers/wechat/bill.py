"""The daily trade bill: GZIP of CSV in yuan, every field after a backtick, the last two rows are totals."""

import csv
import hashlib
import hmac
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from common.errors import InvalidInput
from common.http import OutcomeUnknown
from common.money import Money, exponent
from wallets.providers import fund_flow
from wallets.providers.fund_flow import Trades
from wallets.providers.messages import StatementLine
from wallets.providers.vocabulary import EventKind
from wallets.providers.wechat.requests import HOME_CURRENCY
from wallets.providers.wechat.times import read_spaced

LARGEST_UNPACKED = 256 << 20
GZIP_WINDOW = 16 + zlib.MAX_WBITS
KINDS = {"SUCCESS": EventKind.PAYMENT, "REFUND": EventKind.REFUND}
TIME, TRADE, REFERENCE, STATE, CURRENCY = "交易时间", "微信订单号", "商户订单号", "交易状态", "货币种类"
REFUND, REFUND_REF, FEE = "微信退款单号", "商户退款单号", "手续费"
# The bill of APIv3 has both columns of each pair, the older one only the second: without vouchers they say the same.
PAID, REFUNDED = ("订单金额", "总金额"), ("申请退款金额", "退款金额")
COUNT = "总交易单数"
Row = Mapping[str, str]


def trades(packed: bytes, sha1: str) -> Trades:
    """`sha1` is the digest of the unpacked bill that WeChat Pay gave beside its address."""
    with readable():
        details, _totals = table(packed, sha1, count=COUNT)
        named = (row.get(name, "") for row in details for name in (TRADE, REFERENCE, REFUND, REFUND_REF))
        return Trades([_line(row) for row in details], fund_flow.numbers(named))


@contextmanager
def readable() -> Iterator[None]:
    try:
        yield
    except (zlib.error, KeyError, StopIteration, ValueError, InvalidInput, InvalidOperation) as error:
        raise OutcomeUnknown("WeChat Pay's bill could not be read. Ask for it again.") from error


def table(packed: bytes, sha1: str, *, count: str) -> tuple[Sequence[Row], Row]:
    """The rows of a bill and its totals, of which `count` has to be the number of rows."""
    text = _unpacked(packed)
    digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(digest.encode(), sha1.lower().encode()):
        raise ValueError("the bill is not the one that was promised")
    cells = ([cell.strip().removeprefix("`") for cell in row] for row in csv.reader(_split(text)))
    rows = [row for row in cells if row]
    if len(rows) < 3:
        raise ValueError("the bill lacks its totals")
    header, *details, total_names, last = rows
    totals = dict(zip(total_names, last, strict=False))
    if Decimal(totals[count]) != len(details):
        raise ValueError("the bill does not have the number of lines it claims")
    return [dict(zip(header, row, strict=False)) for row in details], totals


def _split(text: bytes) -> list[str]:
    return text.decode("utf-8-sig").splitlines()


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    text = unpacker.decompress(packed, LARGEST_UNPACKED)
    if not unpacker.eof:
        raise ValueError("the bill is cut off or unpacks to more than allowed")
    return text


def _line(row: Row) -> StatementLine:
    currency = row.get(CURRENCY) or HOME_CURRENCY
    kind = KINDS.get(row[STATE], EventKind.OTHER)
    booked_at = read_spaced(row[TIME])
    if booked_at is None:
        raise ValueError(TIME)
    names = REFUNDED if kind is EventKind.REFUND else PAID
    moved = Money.parse(next(row[name] for name in names if name in row), currency)
    return StatementLine(
        kind=kind,
        merchant_ref=row[REFERENCE],
        provider_ref=row[TRADE],
        refund_ref=row[REFUND_REF] if kind is EventKind.REFUND else "",
        amount=-moved if kind is EventKind.REFUND else moved,
        fee=_fee(row.get(FEE) or "0", currency),
        booked_at=booked_at,
    )


def _fee(text: str, currency: str) -> Money:
    """Fees carry five decimals; the fee a refund gives back is negative."""
    smallest = Decimal(1).scaleb(-exponent(currency))
    return Money.parse(format(Decimal(text).quantize(smallest, rounding=ROUND_HALF_UP), "f"), currency)
