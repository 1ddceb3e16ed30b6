"""The statement of a day: the trade bill, and what the fund bill tells beyond it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from common.http import HttpRequest, NotSent, Operation, OutcomeUnknown
from wallets.providers import fund_flow
from wallets.providers.alipay import bill, codes, funds, window
from wallets.providers.alipay.gateway import Gateway
from wallets.providers.fund_flow import Movement, Trades
from wallets.providers.messages import StatementLine

LARGEST_BILL = 64 << 20
BILL_READY = timedelta(days=1, hours=10)
Read = TypeVar("Read")


@dataclass(frozen=True)
class Books:
    gateway: Gateway

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        """Of a GMT+8 day, ready the next morning; raises `NotSent` before that."""
        if self.gateway.now() < window.midnight(day) + BILL_READY:
            raise NotSent("Alipay's bill of that day is not ready. Ask the next day after 10:00 Beijing time.")
        return fund_flow.statement(day, trades=self._trades, movements=self._movements, midnight=window.midnight)

    def _trades(self, day: date) -> Operation[Trades]:
        return (yield from self._bill("trade", day, bill.trades)) or Trades()

    def _movements(self, day: date) -> Operation[Sequence[Movement]]:
        return (yield from self._bill("signcustomer", day, funds.movements)) or ()

    def _bill(self, kind: str, day: date, read: Callable[[bytes], Read]) -> Operation[Read | None]:
        """`None` where nothing happened that day."""
        content = {"bill_type": kind, "bill_date": day.isoformat()}
        answer = yield from self.gateway.call("alipay.data.dataservice.bill.downloadurl.query", content)
        if answer.code in codes.BILL_MISSING:
            return None
        if not answer.ok:
            raise OutcomeUnknown("Alipay did not give the bill.", provider_code=answer.code)
        # The address lives 30 seconds, so it is used at once and never stored.
        url = answer.text("bill_download_url")
        response = yield HttpRequest(method="GET", url=url, purpose="alipay.bill", max_bytes=LARGEST_BILL)
        return read(response.body)
