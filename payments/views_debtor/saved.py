"""One tap with a saved wallet: its owner is here, answered who they are, and presses once.

Everything that keeps money safe is the same as for a wallet's page: one open payment of an account, an attempt that is
committed before the call, and a form that can only ever make one payment.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.client_address import client_ip
from common.errors import PlatformError
from payments.forms_debtor import SavedPayForm
from payments.services import StartedPayment, start_link_payment
from payments.services.payable import payable
from payments.views_debtor.devices import channel_of
from payments.views_debtor.doors import SeeOther, Visit, debtor_page
from payments.views_debtor.landing import show_landing, situation_at
from payments.views_debtor.paying import made_by_this_form, not_started, onwards
from wallets.models import PaymentMethod


@debtor_page
def pay_saved(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method != "POST":
        return SeeOther(visit.url("pay"))
    situation = situation_at(request, visit)
    form = SavedPayForm(request.POST, situation=situation, balance=payable(visit.account), account=visit.account)
    known = made_by_this_form(visit, form)
    if known:
        return onwards(visit, StartedPayment(known, None))
    if not visit.answered:
        return SeeOther(f"{visit.url('debtor_identity')}?{urlencode({'next': visit.url('pay')})}")
    if not situation.payable or not form.is_valid():
        return show_landing(request, visit, form=form if situation.payable else None, status=422)
    wanted = form.cleaned_data["method"]
    method = next((one.method for one in situation.saved if one.method and one.method.pk == wanted), None)
    if method is None:
        words = _("This wallet is not linked any more, or cannot be used just now. Choose another one.")
        return show_landing(request, visit, notice=words, status=409)
    form.cleaned_data["provider"] = method.provider.key
    try:
        return onwards(visit, _charge(request, visit, form, method))
    except PlatformError as error:
        return not_started(request, visit, form, error)


def _charge(request: HttpRequest, visit: Visit, form: SavedPayForm, method: PaymentMethod) -> StartedPayment:
    key = form.cleaned_data["request_key"]
    return start_link_payment(
        visit.link,
        amount_minor=form.money.minor,
        provider_key=method.provider.key,
        return_url=settings.PUBLIC_URL + visit.url("pay_return", key),
        idempotency=key,
        channel=channel_of(request),
        client_ip=client_ip(request),
        method=method,
    )
