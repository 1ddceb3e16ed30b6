"""What has to be true before a debit, in the order it is asked. Each answer is a stable reason, or "" for yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from accounts.models import Account
from common.money import Money
from compliance.debits import Refusal
from payments.debits.calendar import shortest_notice, zone_of
from payments.debits.law import Law
from payments.debits.standing import unlike_announced
from payments.models import Instalment
from wallets.models import Mandate
from wallets.periods import same_period
from wallets.providers.base import Capability, ChargeWindow, MandateSnapshot, WalletProvider


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A debit that may be made, with all that is asked about it; read under the account's lock. No check asks more."""

    account: Account
    instalment: Instalment
    mandate: Mandate
    standing: MandateSnapshot
    wallet: WalletProvider
    on_hold: bool
    at: datetime
    law: Law

    @property
    def minor(self) -> int:
        return self.instalment.still_to_take(self.account)

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.account.currency)

    @cached_property
    def forbidden(self) -> Refusal | None:
        """What the policy packs in force say against it."""
        return self.law.refusal(self)

    def window(self) -> ChargeWindow:
        return self.wallet.charge_window(self.standing, self.amount, self.at)


def _account_open(debit: Candidate) -> str:
    if debit.account.status != "open":
        return "account_not_open"
    return "" if debit.account.balance_minor > 0 else "nothing_owed"


def _plan_active(debit: Candidate) -> str:
    return "" if debit.instalment.plan.state == "active" else "plan_not_active"


def _unpaid(debit: Candidate) -> str:
    row = debit.instalment
    return "" if row.state == "noticed" and row.paid_minor < row.amount_minor else "already_paid"


def _mandate_active(debit: Candidate) -> str:
    return "" if debit.mandate.state == "active" and debit.standing.mandate_ref else "mandate_not_active"


def _noticed_long_enough(debit: Candidate) -> str:
    told = debit.instalment.notice_sent_at
    return "" if told and told + shortest_notice() <= debit.at else "notice_not_given"


def _known_to_the_wallet(debit: Candidate) -> str:
    wanted = debit.wallet.descriptor.can(Capability.PRE_DEBIT_NOTICE)
    return "notice_not_given" if wanted and debit.instalment.announced_at is None else ""


def _as_announced(debit: Candidate) -> str:
    return unlike_announced(debit.instalment, debit.minor, debit.wallet)


def _not_on_hold(debit: Candidate) -> str:
    return "on_hold" if debit.on_hold else ""


def _provider_fit(debit: Candidate) -> str:
    standing = debit.mandate.provider.standing
    return f"provider_{standing}" if standing else ""


def _we_charge(debit: Candidate) -> str:
    """A wallet that debits by its own schedule is never charged beside it."""
    return "" if debit.wallet.descriptor.can(Capability.MERCHANT_CHARGE) else "provider_debits_itself"


def _once_a_period(debit: Candidate) -> str:
    """Our own count, whatever the provider would let through."""
    last, zone = debit.standing.last_charged_on, zone_of(debit.account.debtor)
    if last is None:
        return ""
    today = debit.at.astimezone(zone).date()
    return "period_used" if same_period(debit.standing.terms, last, today) else ""


def _under_cap(debit: Candidate) -> str:
    return "" if debit.minor <= debit.mandate.cap_minor else "over_cap"


def _window_open(debit: Candidate) -> str:
    window = debit.window()
    if window.open_now:
        return ""
    return window.decline.reason.value if window.decline else "outside_window"


def _lawful(debit: Candidate) -> str:
    return debit.forbidden.reason if debit.forbidden else ""


# The debit that people were told of is not the one that would be made: they have to be told again.
TOLD_OTHERWISE = frozenset({"more_than_announced", "amount_changed"})
Check = Callable[[Candidate], str]
BEFORE_DEBIT: Sequence[Check] = (
    _account_open,
    _plan_active,
    _unpaid,
    _mandate_active,
    _noticed_long_enough,
    _known_to_the_wallet,
    _as_announced,
    _not_on_hold,
    _provider_fit,
    _we_charge,
    _under_cap,
    _once_a_period,
    _window_open,
    _lawful,
)


def refusal(debit: Candidate) -> str:
    """The first reason against the debit, or "" when there is none."""
    return next((reason for check in BEFORE_DEBIT if (reason := check(debit))), "")


# Of a debit that nobody was told of yet these cannot be said: they are about the notice, the day and the hour.
_AFTER_NOTICE = frozenset(
    {_unpaid, _noticed_long_enough, _known_to_the_wallet, _as_announced, _once_a_period, _window_open, _lawful}
)
BEFORE_NOTICE: Sequence[Check] = tuple(check for check in BEFORE_DEBIT if check not in _AFTER_NOTICE)


def obstacle(debit: Candidate) -> str:
    """As `refusal`, also for a debit that is still to be announced: what stands in its way as things are now."""
    checks = BEFORE_DEBIT if debit.instalment.state == "noticed" else BEFORE_NOTICE
    return next((reason for check in checks if (reason := check(debit))), "")
