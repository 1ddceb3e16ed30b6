"""Promises to pay: the list, and the form of one account to take, change or withdraw one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from common.errors import Conflict, InvalidInput
from common.keyset import page_of
from common.money import Money
from payments.forms_promises import PromiseForm, WithdrawForm
from payments.models import Promise
from payments.promises import amend_promise, take_promise, withdraw_promise
from payments.promises.access import SHOWS, access_promise, open_promise, promise_named, promises_visible_to, shown
from payments.promises.words import STATES

TABS = {
    "open": gettext_lazy("Open"),
    "today": gettext_lazy("Due today"),
    "broken": gettext_lazy("Not kept, last 30 days"),
    "kept": gettext_lazy("Kept, last 30 days"),
    "all": gettext_lazy("All"),
}
MOST_SHOWN = 10


@require_GET
@allowed("work")
def promise_list(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("show", "open")
    which = which if which in SHOWS else "open"
    every = promises_visible_to(person(request))
    page = page_of(shown(every, which), order=("-id",), cursor=request.GET.get("cursor", ""))
    tabs = [
        {"label": TABS[key], "url": f"?show={key}", "current": key == which, "count": shown(every, key).count()}
        for key in SHOWS
    ]
    context = {"page": page, "rows": rows_of(page.rows), "tabs": tabs, "full_names": may(request.user, "reveal")}
    return render(request, "staff/promises.html", context)


def rows_of(promises: list[Promise]) -> list[dict[str, Any]]:
    return [
        {
            "promise": row,
            "words": STATES[row.state][0],
            "tone": STATES[row.state][1],
            "parts": [(part.due_on, Money(part.amount_minor, row.currency)) for part in row.parts.all()],
        }
        for row in promises
    ]


def promise_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    rows = list(Promise.objects.filter(account=account).prefetch_related("parts").order_by("-pk")[:3])
    owed = account.status == "open" and account.balance_minor > 0
    if not rows and not owed:
        return None
    return {"account": account, "rows": rows_of(rows), "may_take": may(request.user, "work") and (owed or rows)}


@require_http_methods(["GET", "POST"])
@allowed("work")
def account_promise(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    live = open_promise(account)
    seen = request.POST.get("promise", "")
    old = promise_named(account, seen) if request.POST else live
    form = PromiseForm(request.POST or None, account=account, by=person(request), instead_of=old)
    if request.method == "POST" and form.is_valid() and _said(request, form, account, seen):
        return redirect("account_promise", account.reference)
    rows = Promise.objects.filter(account=account).select_related("taken_by").prefetch_related("parts")
    context = {
        "account": account,
        "form": form,
        "live": live,
        "withdraw_form": WithdrawForm(),
        "owed": account.status == "open" and account.balance_minor > 0,
        "rows": rows_of(list(rows.order_by("-pk")[:MOST_SHOWN])),
    }
    return render(request, "staff/promise.html", context, status=422 if form.errors else 200)


def _said(request: HttpRequest, form: PromiseForm, account: Account, seen: str) -> bool:
    """`seen`: the promise that was on the page, to be changed; without it a new one is taken."""
    given, by = form.cleaned_data, person(request)
    try:
        if seen:
            amend_promise(
                access_promise(by, seen), form.parts(), reason=given["reason"], by=by, request_key=given["token"]
            )
        else:
            take_promise(account, form.parts(), source="staff", by=by, request_key=given["token"])
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    except Conflict as error:
        form.add_error(None, error.message)
        return False
    messages.success(request, _("Done. Until the day after the promise nothing is asked for."))
    return True


@require_POST
@allowed("work")
def promise_withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    promise = access_promise(person(request), reference)
    try:
        withdraw_promise(promise, reason=request.POST.get("reason", ""), by=person(request))
        messages.success(request, _("Withdrawn. Reminders go on as if there had been no promise."))
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
    return redirect("account_promise", promise.account.reference)
