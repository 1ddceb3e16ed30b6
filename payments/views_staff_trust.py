"""The trust account: whose money lies where, and what the wallets have paid out to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.forms.tokens import OnceForm
from accounts.models import User
from accounts.roles import allowed, person
from accounts.services import caller_of
from common.errors import Conflict, InvalidInput, NotFound
from common.ids import row_id_of
from common.keyset import page_of
from common.once import use_token
from payments.forms_trust import ArrivalForm, WhyForm
from payments.models import TrustTransfer
from payments.transfers.access import unplaced
from payments.trust import confirm_arrival, record_arrival, reject_arrival, return_arrival
from payments.trust.balances import where_it_is

Act = Callable[[TrustTransfer, dict[str, Any], User], Any]
ACTS: dict[str, tuple[type[OnceForm], Act]] = {
    "confirm": (OnceForm, lambda row, given, by: confirm_arrival(row, by=by)),
    "reject": (WhyForm, lambda row, given, by: reject_arrival(row, reason=given["reason"], by=by)),
    "return": (WhyForm, lambda row, given, by: return_arrival(row, reason=given["reason"], by=by)),
}
STATES = {
    "recorded": (gettext_lazy("to confirm"), "warn"),
    "confirmed": (gettext_lazy("on the trust account"), "good"),
    "rejected": (gettext_lazy("put aside"), "quiet"),
    "returned": (gettext_lazy("taken back"), "bad"),
}


@require_GET
@allowed("confirm_money")
def trust_page(request: HttpRequest) -> HttpResponse:
    return _show(request)


@require_POST
@allowed("confirm_money")
def trust_record(request: HttpRequest) -> HttpResponse:
    form = ArrivalForm(request.POST, wallets=where_it_is()[1], auto_id="arrival_%s")
    if not form.is_valid():
        return _show(request, arrival=form)
    given = form.cleaned_data
    try:
        with transaction.atomic():
            if use_token(caller_of(person(request)), request.POST.get("token", "")):
                record_arrival(
                    given["provider"],
                    amount=given["money"],
                    bank_reference=given["bank_reference"],
                    arrived_on=given["arrived_on"],
                    by=person(request),
                )
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _show(request, arrival=form)
    messages.success(request, _("Recorded. It counts when somebody else has confirmed it."))
    return redirect("trust_page")


@require_POST
@allowed("confirm_money")
def trust_act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """The same form again changes nothing."""
    row = TrustTransfer.objects.select_related("provider").filter(pk=row_id_of(reference) or 0).first()
    if row is None or action not in ACTS:
        raise NotFound(_("There is no such transfer."))
    kind, act = ACTS[action]
    form = kind(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why, so that others can follow it."))
        return redirect("trust_page")
    try:
        with transaction.atomic():
            if use_token(caller_of(person(request)), request.POST.get("token", "")):
                act(row, form.cleaned_data, person(request))
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Done. It stands in the record."))
    return redirect("trust_page")


def _show(request: HttpRequest, *, arrival: ArrivalForm | None = None) -> HttpResponse:
    held, wallets = where_it_is()
    rows = TrustTransfer.objects.select_related("provider", "recorded_by", "decided_by")
    page = page_of(rows, order=("-id",), cursor=request.GET.get("cursor", ""))
    context = {
        "held": held,
        "unplaced": unplaced("suspense"),
        "going_back": unplaced("to_return"),
        "wallets": wallets,
        "page": page,
        "rows": [(row, *STATES[row.state], row.recorded_by_id == person(request).pk) for row in page.rows],
        "arrival_form": arrival or ArrivalForm(wallets=wallets, auto_id="arrival_%s"),
        "once": OnceForm(auto_id=False),
        "why": WhyForm(auto_id=False),
    }
    return render(request, "staff/trust.html", context, status=422 if arrival else 200)
