"""The first page of a link: who asks, how much and why, and the ways to answer."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.agenda import Step, agenda
from common.clock import today
from common.money import Money
from common.once import new_form_token
from payments.debtor_identity import asks_identity
from payments.debtor_standing import Situation, Standing, situation_of
from payments.debtor_withheld import standing_words
from payments.disputes.opening import running_dispute
from payments.forms_debtor import FULL, INSTALMENT, OTHER, PayForm
from payments.models import Attempt, Payment, Plan, Promise
from payments.moves.access import end_for_debtor
from payments.promises.access import open_promise
from payments.retries.selectors import planned_retry
from payments.services.links import open_link
from payments.services.payable import payable
from payments.services.starting import action_of
from payments.views_debtor.devices import app_of, channel_of
from payments.views_debtor.doors import Visit, debtor_page, show
from payments.views_debtor.results import is_slow
from wallets.gateway import adapter
from wallets.providers.base import ActionKind, ConfigError, Descriptor
from wallets.selectors import live_mandate

SHOWN_STEPS = 4
# What the page tells whoever holds the link; the rest comes after the light question.
TOLD_TO_ALL = frozenset({"debit", "notice", "instalment"})


@debtor_page
def pay(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method == "GET":
        open_link(visit.token)
    return show_landing(request, visit)


def show_landing(
    request: HttpRequest,
    visit: Visit,
    *,
    form: PayForm | None = None,
    notice: str = "",
    status: int = 200,
    situation: Situation | None = None,
) -> HttpResponse:
    account = visit.account
    account.refresh_from_db()
    situation = situation or situation_at(request, visit)
    promise = open_promise(account)
    attempt = last_attempt(situation.open_payment)
    context = {
        "situation": situation,
        "form": form or blank_form(visit, situation, promise),
        "notice": notice,
        "items": breakdown(visit),
        "days_late": account.days_past_due(today()),
        "last_payment": last_payment(visit) if situation.standing is Standing.PAID else None,
        "continue_url": continue_url(visit, situation.open_payment, app_of(request)),
        "continue_tells": site_told(attempt),
        "continue_why_not": why_not(attempt),
        "asked_url": asked_url(visit, attempt),
        "on_its_way": attempt is not None and attempt.state == "pending",
        "slow": attempt is not None and is_slow(attempt),
        "end": end_for_debtor(account) if situation.standing is Standing.NOT_OPEN else None,
        "voluntary": account.status == "written_off",
        "payable": form.balance if form else payable(account),
        "agenda": what_is_next(visit),
        "saved": situation.saved if visit.answered else [],
        "may_answer": bool(situation.saved) and not visit.answered and asks_identity(visit.link),
        "savers": " · ".join(wallet.provider.display_name for wallet in situation.wallets if wallet.saves),
        "mandate": live_mandate(account),
        "retry": planned_retry(account),
        "promise": promise,
        "dispute": running_dispute(account) if situation.standing is Standing.ON_HOLD else None,
        "plan": Plan.objects.filter(account=account, state__in=["active", "paused"]).first(),
    }
    return show(request, visit, f"landing_{'pay' if situation.payable else situation.standing.value}", context, status)


def situation_at(request: HttpRequest, visit: Visit) -> Situation:
    return situation_of(visit.account, channel_of(request), app_of(request), visit.link.amount_minor)


def asked_url(visit: Visit, attempt: Attempt | None) -> str:
    """Our page about a payment that has no page of the wallet's (any more) and is not answered yet."""
    if attempt is None:
        return ""
    payment = attempt.payment
    own = payment.link_id == visit.link.pk and payment.request_key
    if attempt.state == "pending":
        return visit.url("pay_return", payment.request_key) if own else ""
    if attempt.method_id is None or attempt.action:
        return ""
    return visit.url("pay_return", payment.request_key) if own else visit.url("pay")


def blank_form(visit: Visit, situation: Situation, promise: Promise | None = None) -> PayForm:
    form = PayForm(
        initial={"request_key": new_form_token()},
        situation=situation,
        balance=payable(visit.account),
        account=visit.account,
    )
    form.initial.update(preset(visit, form, promise))
    return form


def preset(visit: Visit, form: PayForm, promise: Promise | None) -> dict[str, str]:
    """What the link asks for, else the instalment that is due, else what was promised, else everything."""
    asked = visit.link.amount_minor
    if asked and asked < form.balance.minor and (not form.instalment or asked != form.instalment.minor):
        return {"choice": OTHER, "other": Money(asked, form.balance.currency).to_decimal_string()}
    promised = max(0, promise.total_minor - promise.paid_minor) if promise and not form.instalment else 0
    if 0 < promised < form.balance.minor:
        return {"choice": OTHER, "other": Money(promised, form.balance.currency).to_decimal_string()}
    return {"choice": INSTALMENT if form.instalment else FULL}


def breakdown(visit: Visit) -> list[tuple[str, Money]]:
    """The parts of what is owed that are not nothing."""
    account = visit.account
    parts = [
        (_("What was borrowed or bought"), account.principal_minor),
        (_("Interest"), account.interest_minor),
        (_("Fees"), account.fees_minor),
        (_("Costs"), account.costs_minor),
    ]
    return [(label, Money(minor, account.currency)) for label, minor in parts if minor]


def last_payment(visit: Visit) -> Payment | None:
    return Payment.objects.filter(account=visit.account, state="succeeded").order_by("-finished_at").first()


def last_attempt(payment: Payment | None) -> Attempt | None:
    return payment.attempts.select_related("provider", "payment").order_by("-pk").first() if payment else None


def continue_url(visit: Visit, payment: Payment | None, app: str = "") -> str:
    """Where an unfinished payment can be finished: the wallet's own page, or ours with the code, address or prompt.

    `app` is the key of the wallet inside which the page is looked at, if it is.
    """
    attempt = last_attempt(payment)
    action = action_of(attempt) if attempt else None
    if payment is None or action is None:
        return ""
    if action.kind is ActionKind.REDIRECT:
        return "" if _shut_inside(attempt, app) else action.url
    own = payment.link_id == visit.link.pk and payment.request_key
    return visit.url("pay_return", payment.request_key) if own else ""


def why_not(attempt: Attempt | None) -> str:
    """Why nobody is led to the wallet of an unfinished payment any more, or ""."""
    return standing_words(attempt.provider) if attempt and attempt.state == "requires_action" else ""


def site_told(attempt: Attempt | None) -> str:
    """The referrer policy on the way to the wallet: our site's name for the wallet that asks for it, else nothing."""
    about = _descriptor(attempt)
    return "strict-origin" if about and about.asks_referrer else ""


def _shut_inside(attempt: Attempt | None, app: str) -> bool:
    """Whether the wallet's page would be refused here, in the browser inside the wallet's own app."""
    about = _descriptor(attempt)
    return bool(about and about.key == app and (about.shut_in_own_app or about.names_payer_in_own_app))


def _descriptor(attempt: Attempt | None) -> Descriptor | None:
    try:
        return adapter(attempt.provider).descriptor if attempt else None
    except ConfigError:
        return None


def what_is_next(visit: Visit) -> list[tuple[Step, date | None]]:
    """The first steps with their days where the person lives."""
    zone = ZoneInfo(visit.account.debtor.time_zone or "UTC")
    steps = [step for step in agenda(visit.account, staff=False) if visit.identified or step.kind in TOLD_TO_ALL]
    return [(step, step.local_day(zone)) for step in steps[:SHOWN_STEPS]]
