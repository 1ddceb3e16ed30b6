"""Your wallets: named, put in order and removed by the person they belong to."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from payments.debtor_wallets import linked_methods
from payments.forms_debtor import LabelForm
from payments.views_debtor.doors import SeeOther, Visit, behind_identity, debtor_page, show
from wallets.models import Mandate, PaymentMethod
from wallets.selectors import access_method
from wallets.services import move_method, remove_method, rename_method

OPEN = ("pending", "active", "paused")


@debtor_page
@behind_identity
def wallets(request: HttpRequest, visit: Visit) -> HttpResponse:
    methods = linked_methods(visit.account)
    rows = [(method, LabelForm(initial={"label": method.label}), _mandates(method)) for method in methods]
    return show(request, visit, "wallets", {"rows": rows})


def _mandates(method: PaymentMethod) -> list[Mandate]:
    found = Mandate.objects.filter(payment_method=method, state__in=OPEN)
    return list(found.select_related("account__creditor").order_by("pk"))


@debtor_page
@behind_identity
def wallet_rename(request: HttpRequest, visit: Visit, method: UUID) -> HttpResponse:
    form = LabelForm(request.POST)
    if request.method == "POST" and form.is_valid():
        rename_method(access_method(visit.account.debtor_id, method), form.cleaned_data["label"])
        messages.success(request, _("Saved."))
    return SeeOther(visit.url("debtor_wallets"))


@debtor_page
@behind_identity
def wallet_move(request: HttpRequest, visit: Visit, method: UUID) -> HttpResponse:
    if request.method == "POST":
        move_method(access_method(visit.account.debtor_id, method), up=request.POST.get("to") == "up")
    return SeeOther(visit.url("debtor_wallets"))


@debtor_page
@behind_identity
def wallet_remove(request: HttpRequest, visit: Visit, method: UUID) -> HttpResponse:
    """First the plain words of what stops, then the button."""
    row = access_method(visit.account.debtor_id, method)
    if request.method != "POST":
        return show(request, visit, "wallet_remove", {"method": row, "mandates": _mandates(row)})
    remove_method(row)
    messages.success(request, _("The wallet is removed. Nothing is taken from it any more."))
    return SeeOther(visit.url("debtor_wallets"))
