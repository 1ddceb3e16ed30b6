""" "I will pay on Friday": a day and an amount, seen again, changed or withdrawn by whoever said it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from common.errors import Conflict, InvalidInput
from common.money import Money
from payments.forms_promises import PromiseForm
from payments.models import Promise
from payments.promises import amend_promise, take_promise, withdraw_promise
from payments.promises.access import last_promise, open_promise, promise_named
from payments.promises.counting import parts_of, standing_now
from payments.promises.limits import why_none
from payments.services.checks import paying_hold
from payments.views_debtor.doors import SeeOther, Visit, behind_identity, debtor_page, show
from wallets.selectors import live_mandate

CHANGED = gettext_noop("Changed by the debtor on the payment page.")
WITHDRAWN = gettext_noop("Withdrawn by the debtor on the payment page.")


@debtor_page
@behind_identity
def promise(request: HttpRequest, visit: Visit) -> HttpResponse:
    account = visit.account
    live, posted = open_promise(account), request.method == "POST"
    if live is not None and not posted and "change" not in request.GET:
        return show(request, visit, "promise", shown(live))
    if refused := _on_hold(account) or ("" if posted else why_none(account, changing=live is not None)):
        return show(request, visit, "promise_refused", {"refused": refused}, 409 if posted else 200)
    seen = request.POST.get("promise", "")
    old = promise_named(account, seen) if posted else live
    form = PromiseForm(request.POST or None, account=account, by=None, instead_of=old)
    if posted and form.is_valid() and _said(visit, form, old):
        messages.success(request, _("Thank you. We have your promise."))
        return SeeOther(visit.url("debtor_promise"))
    context = {
        "form": form,
        "seen": old,
        "grace": form.rule.grace_days,
        "mandate": live_mandate(account),
        "before": None if old else _not_kept(account),
    }
    return show(request, visit, "promise_form", context, 422 if form.errors else 200)


def _on_hold(account: Account) -> str:
    if paying_hold(account):
        return _("This account is on hold: nobody asks you for money now, so there is nothing to promise.")
    return ""


def _said(visit: Visit, form: PromiseForm, old: Promise | None) -> bool:
    """`old`: the promise that was on the page, to be changed. The same form again gets the same promise."""
    token = form.cleaned_data["token"]
    try:
        if old is None:
            take_promise(visit.account, form.parts(), source="debtor", request_key=token)
        else:
            amend_promise(old, form.parts(), reason=CHANGED, by=None, source="debtor", request_key=token)
    except (Conflict, InvalidInput) as error:
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, error.message)
        return False
    return True


def shown(live: Promise) -> dict[str, Any]:
    """What is still to come of it, and when each thing happens."""
    standing, currency = standing_now(live), live.currency
    parts = [
        {"day": part.day, "amount": Money(part.minor, currency), "came": Money(came, currency)}
        for part, came in zip(parts_of(live), standing.paid, strict=True)
    ]
    return {
        "promise": live,
        "parts": parts,
        "came": Money(standing.minor, currency),
        "rest": Money(max(0, live.total_minor - standing.minor), currency),
        "quiet_through": live.last_on + timedelta(days=live.grace_days),
        "grace": live.grace_days,
        "mandate": live_mandate(live.account),
    }


def _not_kept(account: Account) -> dict[str, Any] | None:
    last = last_promise(account)
    if last is None or last.state not in ("broken", "partly_kept"):
        return None
    return {"total": last.total, "day": last.last_on}


@debtor_page
@behind_identity
def promise_withdraw(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Twice is once; what is over already stays as it is."""
    live = open_promise(visit.account)
    if request.method == "POST" and live is not None and request.POST.get("promise") == live.reference:
        try:
            withdraw_promise(live, reason=WITHDRAWN, by=None, source="debtor")
        except Conflict as error:
            messages.error(request, error.message)
            return SeeOther(visit.url("debtor_promise"))
    if request.method == "POST" and open_promise(visit.account) is None:
        messages.success(request, _("Withdrawn. What is owed stays as it was, and you can pay at any time."))
    return SeeOther(visit.url("pay"))
