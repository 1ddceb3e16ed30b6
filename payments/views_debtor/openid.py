"""Inside a wallet's own app: the app is asked, silently, who pays before the payment is started.

What was chosen waits in the session under a state of its own, used once, so nobody can send somebody else's browser
through the last step. The name the wallet has for the payer goes to the wallet and nowhere else: it is neither stored
nor logged.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest

from accounts.models import Account
from common.clock import now
from common.http import OutcomeUnknown
from common.money import Money
from payments.debtor_wallets import WalletChoice
from payments.models import Payment
from payments.services.starting import action_of
from payments.views_debtor.devices import app_of
from payments.views_debtor.doors import SeeOther, Visit
from payments.views_debtor.landing import last_attempt
from wallets.gateway import adapter, call
from wallets.providers.base import ActionKind, NotSent

WAITING, STARTED = "payer_step", "payer_started"
LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Return:
    """The fields of the form that waited, and the wallet's code; no code where the step is over."""

    fields: Mapping[str, str]
    code: str


def asks_payer(request: HttpRequest, wallet: WalletChoice | None) -> bool:
    return bool(wallet and wallet.descriptor.names_payer_in_own_app and app_of(request) == wallet.provider.key)


def to_payer_page(request: HttpRequest, visit: Visit, wallet: WalletChoice, fields: Mapping[str, str]) -> SeeOther:
    """A state is letters and digits. Only the newest step waits: a second tab puts an end to the first."""
    state = secrets.token_hex(32)
    until = (now() + LASTS).isoformat()
    waiting = {"state": state, "link": str(visit.link.pk), "fields": dict(fields), "until": until, "used": False}
    request.session[WAITING] = waiting
    back = settings.PUBLIC_URL + visit.url("pay_payer")
    return SeeOther(adapter(wallet.provider).payer_page(back, state))


def came_back(request: HttpRequest, visit: Visit) -> Return | None:
    """What this browser set out with from this link; None when it did not. The second time there is no code."""
    step = request.session.get(WAITING)
    if not step or step["link"] != str(visit.link.pk):
        return None
    if not hmac.compare_digest(step["state"].encode(), request.GET.get("state", "").encode()):
        return None
    over = step["used"] or datetime.fromisoformat(step["until"]) <= now()
    request.session[WAITING] = {**step, "used": True}
    return Return(step["fields"], "" if over else request.GET.get("code", ""))


def who_pays(wallet: WalletChoice, code: str) -> str:
    try:
        return call(adapter(wallet.provider).payer_id(code), wallet.provider)
    except OutcomeUnknown as error:
        # Only a question was asked: whatever became of it, no payment is under way.
        raise NotSent("The wallet did not say who pays. No payment was started.") from error


def remember_started(request: HttpRequest, payment: Payment) -> None:
    """This browser's payer is the one the payment was made for: they may go on with it without being asked again."""
    request.session[STARTED] = payment.pk


def unfinished_here(request: HttpRequest, account: Account, wallet: WalletChoice, amount: Money) -> Payment | None:
    """The open payment if it was started here, with this wallet and this amount, and can still be confirmed."""
    payment = account.payments.filter(pk=request.session.get(STARTED, 0), state="open").first()
    attempt = last_attempt(payment)
    action = action_of(attempt) if attempt else None
    same = attempt and (attempt.provider_id, attempt.amount) == (wallet.provider.pk, amount)
    return payment if same and action and action.kind is ActionKind.SDK else None
