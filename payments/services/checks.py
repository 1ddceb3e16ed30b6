"""Why an account takes no money now. Asked under the account's lock, again at every step."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.hold_rules import LETS_PAY
from accounts.models import Account, Hold
from common.clock import now
from common.money import Money
from payments.errors import PaymentRefused
from payments.services.payable import payable, voluntary
from wallets.providers.base import Descriptor


def paying_hold(account: Account) -> Hold | None:
    """The hold that forbids even a payment of the person's own wish, as a dispute does and hard times do not."""
    return holds_on(account).exclude(kind__in=LETS_PAY).first()


def holds_on(account: Account) -> QuerySet[Hold]:
    """Those that forbid taking money on this account, hard times included."""
    return debit_holds().filter(Q(account=account) | Q(account=None), debtor_id=account.debtor_id)


def debit_holds() -> QuerySet[Hold]:
    """Every hold in force that forbids taking money."""
    moment = now()
    return Hold.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=moment), starts_at__lte=moment, blocks__contains=["debit"]
    )


def refuse_unpayable(account: Account) -> None:
    if account.status != "open" and not voluntary(account):
        raise PaymentRefused(_("This account is not open. Nothing needs to be paid here."), why="account_not_open")
    if payable(account).minor <= 0:
        raise PaymentRefused(_("Nothing is owed on this account any more."), why="nothing_owed")
    if paying_hold(account):
        raise PaymentRefused(
            _("This account is on hold, so we take no payment now. Contact us if you want to pay."), why="on_hold"
        )


def refuse_amount(account: Account, minor: int, descriptor: Descriptor) -> None:
    owed = payable(account).minor
    highest = min(owed, descriptor.highest(account.currency) or owed)
    if minor < descriptor.lowest(account.currency):
        lowest = Money(descriptor.lowest(account.currency), account.currency)
        raise PaymentRefused(_("The smallest amount is %(amount)s.") % {"amount": lowest}, why="too_little")
    if minor > highest:
        most = Money(highest, account.currency)
        raise PaymentRefused(_("You can pay at most %(amount)s.") % {"amount": most}, why="too_much")
    if minor % descriptor.step(account.currency):
        whole = minor - minor % descriptor.step(account.currency)
        raise PaymentRefused(_("This wallet takes whole amounts only."), why="step", nearest_minor=whole)
