"""From our button to the wallet's page and back. Only the POST starts a payment; coming back only asks and tells."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.errors import PlatformError
from payments.debtor_standing import situation_of
from payments.errors import PaymentAlreadyMade, PaymentRefused, PaymentStillOpen
from payments.forms_debtor import OTHER, PayForm
from payments.models import Attempt, Payment
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.services import StartedPayment, close_attempt, refresh_payment, start_link_payment
from payments.views_debtor.codes import show_code
from payments.views_debtor.doors import SeeOther, Visit, debtor_page, show
from payments.views_debtor.landing import continue_url, show_landing
from payments.views_debtor.results import result_of
from wallets.providers.base import ActionKind, Channel
from wallets.selectors import ProviderNotOffered

LOOKS_BY_ITSELF = 10
SECONDS_BETWEEN_LOOKS = 4
PHONES = ("Mobile", "Android", "iPhone", "iPad", "MicroMessenger")
AMOUNT_FAULTS = ("too_little", "too_much", "step")


def channel_of(request: HttpRequest) -> Channel:
    agent = request.headers.get("User-Agent", "")
    return Channel.PHONE if any(word in agent for word in PHONES) else Channel.DESKTOP


@debtor_page
def pay_start(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method != "POST":
        return SeeOther(visit.url("pay"))
    situation = situation_of(visit.account)
    form = PayForm(request.POST, situation=situation, balance=visit.account.balance, account=visit.account)
    known = _made_by_this_form(visit, form)
    if known:
        return _onwards(request, visit, StartedPayment(known, None))
    if not situation.payable or not form.is_valid():
        return show_landing(request, visit, form=form if situation.payable else None, status=422)
    try:
        started = _start(request, visit, form)
    except PlatformError as error:
        return _not_started(request, visit, form, error)
    return _onwards(request, visit, started)


def _made_by_this_form(visit: Visit, form: PayForm) -> Payment | None:
    """A form that comes again, from an impatient finger or from Back, gets what it got the first time."""
    key = form.data.get("request_key", "")
    return Payment.objects.filter(link=visit.link, request_key=key).first() if key else None


def _start(request: HttpRequest, visit: Visit, form: PayForm) -> StartedPayment:
    key = form.cleaned_data["request_key"]
    return start_link_payment(
        visit.link,
        amount_minor=form.money.minor,
        provider_key=form.cleaned_data["provider"],
        return_url=settings.PUBLIC_URL + visit.url("pay_return", key),
        idempotency=key,
        channel=channel_of(request),
    )


def _onwards(request: HttpRequest, visit: Visit, started: StartedPayment) -> HttpResponse:
    """To the wallet while there is something to do there, else to the page that says how it stands."""
    url = started.action.url if started.action else continue_url(started.payment)
    if started.action and started.action.kind in (ActionKind.QR, ActionKind.ADDRESS):
        return show_code(request, visit, started)
    return SeeOther(url or _return_url(visit, started.payment))


def _return_url(visit: Visit, payment: Payment) -> str:
    if payment.link_id != visit.link.pk or not payment.request_key:
        return visit.url("pay")
    return visit.url("pay_return", payment.request_key)


def _not_started(request: HttpRequest, visit: Visit, form: PayForm, error: PlatformError) -> HttpResponse:
    """No new payment exists. Say what is in the way at the place where it can be changed."""
    if isinstance(error, PaymentAlreadyMade | PaymentStillOpen):
        return show_landing(request, visit, notice=error.message, status=error.status)
    if isinstance(error, PaymentRefused) and error.details.get("why") in AMOUNT_FAULTS:
        form.add_error("other", error.message)
        form.data = {
            **{name: form.data[name] for name in form.data},
            "choice": OTHER,
            "other": form.money.to_decimal_string(),
        }
        return show_landing(request, visit, form=form, status=422)
    if isinstance(error, PaymentRefused | ProviderNotOffered):
        return show_landing(request, visit, notice=error.message, status=error.status)
    words = _(
        "The wallet cannot be reached just now. No money has moved. Try again in a moment, or use another wallet."
    )
    return show_landing(request, visit, notice=words, status=503)


@debtor_page
def pay_return(request: HttpRequest, visit: Visit, key: str) -> HttpResponse:
    payment = Payment.objects.filter(link=visit.link, request_key=key).select_related("account").first()
    if payment is None:
        return SeeOther(visit.url("pay"))
    payment = refresh_payment(payment)
    visit.account.refresh_from_db()
    result = result_of(payment)
    looks = int(request.GET.get("look", "0")) if request.GET.get("look", "0").isdigit() else 0
    waits = result.waiting and looks < LOOKS_BY_ITSELF
    context = {
        "payment": payment,
        "result": result,
        "looks_by_itself": waits,
        "continue_url": continue_url(payment),
        "situation": situation_of(visit.account),
        "again_url": f"{visit.url('pay_return', key)}?look={looks + 1}",
    }
    response = show(request, visit, f"result_{result.template}", context)
    if waits:
        response.headers["Refresh"] = f"{SECONDS_BETWEEN_LOOKS}; url={context['again_url']}"
    return response


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
