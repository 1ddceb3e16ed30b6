"""The statement of a day: the trade bill, and what the fund-flow bill tells beyond it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from common.http import HttpRequest, NotSent, Operation, OutcomeUnknown
from wallets.providers import fund_flow
from wallets.providers.fund_flow import Movement, Trades
from wallets.providers.messages import StatementLine
from wallets.providers.wechat import bill, codes, funds
from wallets.providers.wechat.times import beijing_hour, midnight
from wallets.providers.wechat.v3 import V3

LARGEST_BILL = 64 << 20
BILL_READY_HOUR = 10
OK = 200
DAY = timedelta(days=1)
Read = TypeVar("Read")


@dataclass(frozen=True)
class Books:
    v3: V3

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        """Of a Beijing day, ready the next morning at ten; raises `NotSent` before that."""
        if self.v3.now() < beijing_hour(day + DAY, BILL_READY_HOUR):
            raise NotSent("WeChat Pay's bill of that day is not ready. Ask the next day after 10:00 Beijing time.")
        return fund_flow.statement(day, trades=self._trades, movements=self._movements, midnight=midnight)

    def _trades(self, day: date) -> Operation[Trades]:
        return (yield from self._bill(f"tradebill?bill_date={day}&bill_type=ALL", bill.trades)) or Trades()

    def _movements(self, day: date) -> Operation[Sequence[Movement]]:
        return (yield from self._bill(f"fundflowbill?bill_date={day}&account_type=BASIC", funds.movements)) or ()

    def _bill(self, asked: str, read: Callable[[bytes, str], Read]) -> Operation[Read | None]:
        """`None` where nothing happened that day."""
        answer = yield from self.v3.call("GET", f"/v3/bill/{asked}&tar_type=GZIP", purpose="bill")
        if answer.code == codes.BILL_MISSING:
            return None
        if answer.code == codes.BILL_IN_THE_MAKING:
            raise NotSent("WeChat Pay is still making the bill of that day. Ask again in an hour.")
        if not answer.ok or answer.text("hash_type") != "SHA1":
            raise OutcomeUnknown("WeChat Pay did not give the bill.", provider_code=answer.code)
        response = yield self.download(answer.text("download_url"))
        if response.status != OK:
            raise OutcomeUnknown("WeChat Pay did not give the bill.", status=response.status)
        return read(response.body, answer.text("hash_value"))

    def download(self, url: str) -> HttpRequest:
        """The download is signed too, and our signature goes nowhere but to WeChat Pay."""
        if urlsplit(url)[:2] != urlsplit(self.v3.url)[:2]:
            raise OutcomeUnknown("WeChat Pay named an address for the bill that is not its own.")
        return self.v3.request("GET", url, purpose="bill.download", max_bytes=LARGEST_BILL)
