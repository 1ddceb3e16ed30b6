"""Whether an account takes money from its debtor now, and what stands in the way: read only, the services ask again."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from accounts.models import Account
from common.clock import today
from common.money import Money
from payments.debtor_wallets import WalletChoice, purse_of
from payments.debtor_withheld import Withheld
from payments.models import Instalment, Payment
from payments.services.checks import paying_hold
from payments.services.payable import payable, voluntary
from wallets.providers.base import Channel


class Standing(StrEnum):
    PAYABLE = "payable"
    PAID = "paid"
    NOT_OPEN = "not_open"
    ON_HOLD = "on_hold"
    COLLECTING = "collecting"
    NO_WALLET = "no_wallet"


@dataclass(frozen=True)
class Situation:
    """`open_payment` is one that may still be paid: shown beside the form (a link's) or instead of it (a debit)."""

    standing: Standing
    wallets: list[WalletChoice]
    instalment: Instalment | None
    open_payment: Payment | None
    saved: list[WalletChoice] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)

    @property
    def payable(self) -> bool:
        return self.standing is Standing.PAYABLE


def situation_of(
    account: Account, channel: Channel = Channel.PHONE, app: str = "", asked_minor: int | None = None
) -> Situation:
    """`asked_minor`: what the link asks for; else the instalment that is due is asked, else everything."""
    open_payment = account.payments.filter(state="open").order_by("-pk").first()
    instalment = due_instalment(account)
    asked = Money(asked_minor, account.currency) if asked_minor else instalment and still_due(instalment, account)
    purse = purse_of(account, channel, app, asked or None)
    return Situation(
        standing=_standing(account, open_payment, purse.offered),
        wallets=purse.offered,
        instalment=instalment,
        open_payment=open_payment,
        saved=purse.saved,
        withheld=purse.withheld,
    )


def _standing(account: Account, open_payment: Payment | None, wallets: list[WalletChoice]) -> Standing:
    if account.status in ("paid", "settled") or (account.status == "open" and account.balance_minor <= 0):
        return Standing.PAID
    if account.status != "open" and not (voluntary(account) and payable(account).minor > 0):
        return Standing.NOT_OPEN
    if open_payment and open_payment.source == "debit":
        return Standing.COLLECTING
    if paying_hold(account):
        return Standing.ON_HOLD
    return Standing.PAYABLE if wallets else Standing.NO_WALLET


def due_instalment(account: Account) -> Instalment | None:
    """The oldest instalment still to pay of the live plan, if it is due within a week."""
    rows = Instalment.objects.filter(plan__account=account, plan__state__in=["active", "defaulted"])
    row = rows.filter(state__in=["scheduled", "noticed", "missed"]).order_by("due_on").select_related("plan").first()
    return row if row and (row.due_on - today()).days <= 7 else None


def still_due(row: Instalment, account: Account) -> Money:
    return Money(row.still_to_take(account), account.currency)
