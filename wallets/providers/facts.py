"""What is true of a wallet whatever its settings say: its history needs it when those are long gone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Books:
    """Whose calendar the provider's books follow, when a day's are ready, how long a difference may settle itself.

    `ready`: after the end of the day. `grace`: how long one side may be ahead of the other.

    `overdue`: after so long what we expect is missed whether a statement was read or not. `shows_money_back`: false
    where the books list only what came in: a refund is confirmed by the provider's own answer, and a payment that
    was undone is expected no more.
    """

    zone: tzinfo = UTC
    ready: timedelta = timedelta(hours=4)
    grace: timedelta = timedelta(days=3)
    overdue: timedelta = timedelta(days=7)
    shows_money_back: bool = True

    def begins(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self.zone)

    def ready_at(self, day: date) -> datetime:
        return self.begins(day + timedelta(days=1)) + self.ready

    def last_ready_day(self, moment: datetime) -> date:
        return (moment - self.ready).astimezone(self.zone).date() - timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Network:
    """A public chain by its `name` in quotes and deposits; `words` is what wallets let people choose.

    `coin` is what a payer is asked for. `native`: the chain's own coin, of which `native_dust` smallest units and less
    are strewn by anybody. `prefix` stands before a transaction's number where that network's wallets show it.
    `at_once`: so many addresses are watched in one go.
    """

    name: str
    words: str
    coin: str
    decimals: int
    native: str
    native_decimals: int
    native_dust: int
    prefix: str = ""
    at_once: int = 200

    def in_coin(self, units: int) -> str:
        """To its last decimal."""
        return f"{Decimal(units).scaleb(-self.decimals):f} {self.coin}"

    def in_native(self, units: int) -> str:
        return f"{Decimal(units).scaleb(-self.native_decimals).normalize():f} {self.native}"


def the_reference(provider_ref: str, _notices: Iterable[Mapping[str, Any]]) -> str:
    return provider_ref


def no_number(_provider_ref: str, _notices: Iterable[Mapping[str, Any]]) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """`known_as`: the name it gets in the register. `name`: what people call it, in their language, as long as the
    register's keepers have given it no other.

    `merchant`: the names of the options and secrets that say whose money it is, and in whose books its references
    live; of several in brackets the first that is set. A wallet that does not say is known by all its settings.
    `payer_number`: the number under which payers find a payment in their own wallet, or "", from the payment's
    `provider_ref` and the facts of its notices.
    `how_to_end`: how a payer ends an agreement that only the payer can end.
    `own_browser`: a word by which the browser inside the wallet's own app is known.
    `app_schemes`: under which its app is opened from a page.
    """

    known_as: str
    name: Text
    merchant: tuple[str | tuple[str, ...], ...] = ()
    books: Books = field(default_factory=Books)
    payer_number: Callable[[str, Iterable[Mapping[str, Any]]], str] = the_reference
    how_to_end: Text = ""
    own_browser: str = ""
    app_schemes: frozenset[str] = frozenset()
    network: Network | None = None
