"""Money is tight: one page of questions, the sums shown, a way chosen, and how it stands."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.hardship.cases import choose, last_case, running_case
from accounts.hardship.forms import PAUSE_KEYS, HouseholdForm
from accounts.hardship.retention import take_back
from accounts.hardship.words import calculation
from accounts.models import HardshipCase
from common.errors import NotFound, PlatformError
from common.once import new_form_token
from payments.advice import advisers_in
from payments.views_debtor.doors import SeeOther, Visit, behind_identity, debtor_page, show
from reminders.hardship.options import options_of
from reminders.hardship.services import tell_us

LONGEST_TOKEN = 64


@debtor_page
@behind_identity
def hardship(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How it stands, once they told us; else the form."""
    case = last_case(visit.account)
    again = request.method == "POST" or "again" in request.GET
    if case is not None and case.state != "ended" and not again:
        return show(request, visit, "hardship", _standing(visit, case))
    form = HouseholdForm(request.POST or None, currency=visit.account.currency)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        once = (f"link:{visit.link.pk}", data["token"])
        tell_us(
            visit.account, form.household, consent=form.consent, note=data["note"], by=None, once=once
        )  # None is the same form again
        return SeeOther(visit.url("debtor_hardship"))
    context = {"form": form, "running": case is not None and case.state != "ended"}
    return show(request, visit, "hardship_form", context, 422 if form.errors else 200)


def _standing(visit: Visit, case: HardshipCase) -> dict[str, Any]:
    options = options_of(case)
    return {
        "case": case,
        "options": options,
        "sums": calculation(options.affordable, options.household, visit.account.currency) if options else None,
        "advisers": advisers_in(visit.account.debtor.country),
        "form_token": new_form_token(),
    }


@debtor_page
@behind_identity
def hardship_choose(request: HttpRequest, visit: Visit) -> HttpResponse:
    case = running_case(visit.account)
    if case is None:
        raise NotFound(_("There is nothing to choose here now."))
    if request.method == "POST":
        try:
            _choose(visit, case, request.POST.get("wish", ""), request.POST.get("token", ""))
            messages.success(request, _("We have it. Somebody reads it and answers here; until then you have peace."))
        except PlatformError as error:
            messages.error(request, error.message)
    return SeeOther(visit.url("debtor_hardship"))


def _choose(visit: Visit, case: HardshipCase, wish: str, token: str) -> None:
    options = options_of(case)
    smaller = options.smaller if options and wish == "plan" else None
    choose(
        case,
        wish="pause" if wish in PAUSE_KEYS else wish,
        days=PAUSE_KEYS.get(wish, 0),
        minor=smaller.each.minor if smaller else 0,
        once=(f"link:{visit.link.pk}", token[:LONGEST_TOKEN] or "none"),
    )


@debtor_page
@behind_identity
def hardship_forget(request: HttpRequest, visit: Visit) -> HttpResponse:
    """They take their agreement back: the numbers go now, what was decided stays."""
    if request.method == "POST":
        take_back(visit.account)
        messages.success(request, _("Deleted. What was agreed stays; write to us if you want to change it."))
    return SeeOther(visit.url("debtor_hardship"))
