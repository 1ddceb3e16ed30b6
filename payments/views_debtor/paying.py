"""From our button to the wallet's page and back. Only the POST starts a payment; coming back only asks and tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.client_address import client_ip
from common.clock import now
from common.errors import InvalidInput, PlatformError
from common.money import Money
from payments.debtor_identity import asks_identity
from payments.debtor_standing import Situation
from payments.debtor_wallets import WalletChoice
from payments.errors import PaymentAlreadyMade, PaymentRefused, PaymentStillOpen
from payments.forms_debtor import OTHER, PayForm, PhoneForm
from payments.models import Attempt, Payment
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.services import StartedPayment, close_attempt, refresh_payment, start_link_payment
from payments.services.checks import refuse_amount
from payments.services.payable import payable
from payments.services.starting import action_of
from payments.views_debtor.codes import seconds_between_looks, sent_words, step_of
from payments.views_debtor.devices import app_of, channel_of
from payments.views_debtor.doors import SeeOther, ToTheWallet, Visit, debtor_page, show
from payments.views_debtor.failing_over import CERTAIN, offer_another
from payments.views_debtor.landing import (
    continue_url,
    last_attempt,
    show_landing,
    site_told,
    situation_at,
    why_not,
)
from payments.views_debtor.openid import (
    asks_payer,
    came_back,
    remember_started,
    to_payer_page,
    unfinished_here,
    who_pays,
)
from payments.views_debtor.phones import phone_form
from payments.views_debtor.results import result_of
from wallets.providers.base import ActionKind
from wallets.selectors import ProviderNotOffered

CARRIED = ("choice", "other", "provider", "request_key", "remember")
AMOUNT_FAULTS = ("too_little", "too_much", "step")
# Marks the first look at a payment that the app around the page shows by itself; later ones wait for the button.
OPENS_NOW = "now"


@debtor_page
def pay_start(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method != "POST":
        return SeeOther(visit.url("pay"))
    return _pay(request, visit, request.POST.dict())


@debtor_page
def pay_payer(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Back from the wallet that said who pays: what the form asked for goes on, once."""
    back = came_back(request, visit)
    if back is None or not (back.code or _made_under(visit, back.fields.get("request_key", ""))):
        return show_landing(request, visit, notice=_("This step is over. Choose again how to pay."), status=409)
    return _pay(request, visit, back.fields, back.code)


def _pay(request: HttpRequest, visit: Visit, fields: Mapping[str, str], code: str = "") -> HttpResponse:
    """`code` is the wallet's for the payer it named, where one has to be named first."""
    situation = situation_at(request, visit)
    form = PayForm(fields, situation=situation, balance=payable(visit.account), account=visit.account)
    known = made_by_this_form(visit, form)
    if known:
        return onwards(visit, StartedPayment(known, None))
    if not situation.payable or not form.is_valid():
        return show_landing(request, visit, form=form if situation.payable else None, status=422)
    wallet = next((one for one in situation.wallets if one.provider.key == form.cleaned_data["provider"]), None)
    phone = phone_form(request, visit)
    try:
        if wallet is None:
            refuse_withheld(situation, form.cleaned_data["provider"])
        if wallet and wallet.asks_phone and not phone.is_valid():
            refuse_amount(visit.account, form.money.minor, wallet.descriptor)
            return _ask_phone(request, visit, form, phone, wallet)
        if wallet and asks_payer(request, wallet):
            return _pay_in_app(request, visit, form, wallet, code)
        started = _start(request, visit, form, phone.number if wallet and wallet.asks_phone else "")
    except PlatformError as error:
        return not_started(request, visit, form, error)
    if phone.number:
        request.session[f"prompted:{started.payment.pk}"] = phone.masked
    return onwards(visit, started)


def _ask_phone(
    request: HttpRequest, visit: Visit, form: PayForm, phone: PhoneForm, wallet: WalletChoice
) -> HttpResponse:
    """One question more, for wallets that ask on the phone itself. The payment is not started yet."""
    context = {
        "form": phone,
        "amount": form.money,
        "wallet": wallet,
        "carried": {name: request.POST.get(name, "") for name in CARRIED},
        "may_identify": asks_identity(visit.link) and not visit.identified,
    }
    return show(request, visit, "phone", context, 422 if phone.is_bound else 200)


def _pay_in_app(request: HttpRequest, visit: Visit, form: PayForm, wallet: WalletChoice, code: str) -> HttpResponse:
    """Inside the wallet's own app: it says who pays, then we start the payment, then it shows its sheet."""
    refuse_amount(visit.account, form.money.minor, wallet.descriptor)
    unfinished = unfinished_here(request, visit.account, wallet, form.money)
    if unfinished:
        return onwards(visit, StartedPayment(unfinished, None))
    if not code:
        return to_payer_page(request, visit, wallet, {name: form.data.get(name, "") for name in CARRIED})
    started = _start(request, visit, form, who_pays(wallet, code))
    remember_started(request, started.payment)
    return onwards(visit, started)


def refuse_withheld(situation: Situation, key: str) -> None:
    """A wallet that may not be used in this country, pressed nevertheless. All else the services refuse themselves."""
    against = next((one for one in situation.withheld if one.provider.key == key and one.why == "country"), None)
    if against:
        raise ProviderNotOffered(f"{against.provider.display_name}: {against.words}", why=against.why)


def made_by_this_form(visit: Visit, form: PayForm) -> Payment | None:
    """A form that comes again, from an impatient finger or from Back, gets what it got the first time."""
    return _made_under(visit, form.data.get("request_key", ""))


def _made_under(visit: Visit, key: str) -> Payment | None:
    return Payment.objects.filter(link=visit.link, request_key=key).first() if key else None


def _start(request: HttpRequest, visit: Visit, form: PayForm, phone: str) -> StartedPayment:
    key = form.cleaned_data["request_key"]
    return start_link_payment(
        visit.link,
        amount_minor=form.money.minor,
        provider_key=form.cleaned_data["provider"],
        return_url=settings.PUBLIC_URL + visit.url("pay_return", key),
        idempotency=key,
        channel=channel_of(request),
        payer_hint=phone,
        client_ip=client_ip(request),
        save_method=form.cleaned_data["remember"],
    )


def onwards(visit: Visit, started: StartedPayment) -> HttpResponse:
    """To the wallet while there is a page of it to open, else to our page that says what to do and how it stands."""
    attempt = last_attempt(started.payment)
    action = started.action or (action_of(attempt) if attempt else None)
    if action and action.kind is ActionKind.SDK:
        return SeeOther(f"{_return_url(visit, started.payment)}?{OPENS_NOW}=1")
    url = action.url if action and action.kind is ActionKind.REDIRECT else continue_url(visit, started.payment)
    if not attempt or not url:
        return SeeOther(_return_url(visit, started.payment))
    return ToTheWallet(url, attempt.provider, tells=site_told(attempt))


def _return_url(visit: Visit, payment: Payment) -> str:
    if payment.link_id != visit.link.pk or not payment.request_key:
        return visit.url("pay")
    return visit.url("pay_return", payment.request_key)


def not_started(request: HttpRequest, visit: Visit, form: PayForm, error: PlatformError) -> HttpResponse:
    """No new payment exists. Say what is in the way at the place where it can be changed."""
    if isinstance(error, PaymentAlreadyMade | PaymentStillOpen):
        return show_landing(request, visit, notice=error.message, status=error.status)
    if isinstance(error, PaymentRefused) and error.details.get("why") in AMOUNT_FAULTS:
        form.add_error("other", error.message)
        nearest = Money(error.details.get("nearest_minor") or form.money.minor, form.money.currency)
        form.data = {
            **{name: form.data[name] for name in form.data},
            "choice": OTHER,
            "other": nearest.to_decimal_string(),
        }
        return show_landing(request, visit, form=form, status=422)
    if isinstance(error, CERTAIN):
        return offer_another(request, visit, form, error)
    if isinstance(error, PaymentRefused | InvalidInput):
        return show_landing(request, visit, notice=error.message, status=error.status)
    words = _(
        "The wallet cannot be reached just now. No money has moved. Try again in a moment, or use another wallet."
    )
    return show_landing(request, visit, notice=words, status=503)


@debtor_page
def pay_return(request: HttpRequest, visit: Visit, key: str) -> HttpResponse:
    """What is left to do, or how it went. Asked again by htmx it answers with the changing part alone."""
    payment = Payment.objects.filter(link=visit.link, request_key=key).select_related("account").first()
    if payment is None:
        return SeeOther(visit.url("pay"))
    payment = refresh_payment(payment)
    visit.account.refresh_from_db()
    attempt = payment.attempts.select_related("provider").order_by("-pk").first()
    result = result_of(payment)
    step = step_of(attempt) if result.waiting else None
    here = visit.url("pay_return", key)
    page = step.template if step else f"result_{result.template}"
    context = {
        "payment": payment,
        "result": result,
        "step": step,
        "sent": sent_words(step),
        "page_name": page,
        "looked_at": now(),
        "again_every": seconds_between_looks(attempt) if result.waiting else 0,
        "again_url": here,
        "prompted": request.session.get(f"prompted:{payment.pk}", ""),
        "continue_url": continue_url(visit, payment, app_of(request)),
        "continue_tells": site_told(attempt),
        "continue_why_not": why_not(attempt),
        "opens_now": OPENS_NOW in request.GET,
        "situation": situation_at(request, visit),
    }
    if request.headers.get("HX-Request"):
        return _part(request, visit, context)
    return show(request, visit, page, context)


def _part(request: HttpRequest, visit: Visit, context: dict[str, Any]) -> HttpResponse:
    """Still the page it was: its changing part. Another page by now: the browser opens that one."""
    if request.GET.get("page") == context["page_name"]:
        return show(request, visit, "standing", context)
    answer = HttpResponse(status=204)
    answer.headers["HX-Redirect"] = context["again_url"]
    return answer


@debtor_page
def pay_cancel(request: HttpRequest, visit: Visit, key: str) -> HttpResponse:
    """The payer changed their mind: the wallet is told first, because until it agrees the money may still come."""
    if request.method != "POST":
        return SeeOther(visit.url("pay_return", key))
    attempt = (
        Attempt.objects.filter(payment__link=visit.link, payment__request_key=key, state__in=OPEN_ATTEMPT_STATES)
        .select_related("payment", "provider")
        .first()
    )
    if attempt and attempt.state != "sending":
        _close_quietly(attempt)
    return SeeOther(visit.url("pay_return", key))


def _close_quietly(attempt: Attempt) -> None:
    try:
        close_attempt(attempt, source="page")
    except PlatformError:
        """No answer: nothing changed, and the page says that the wallet is still being asked."""
