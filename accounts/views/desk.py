"""Taking an account, keeping it while one works on it, giving it up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.desk_panels import hands_of
from accounts.forms.desk import FinishForm
from accounts.models import Account, User
from accounts.roles import allowed, person
from accounts.selectors import access_account
from accounts.views.account import show_account
from accounts.work_leases import finish, lease, put_back, renew, take_next
from accounts.work_list import items_of
from common.errors import Conflict, InvalidInput


@require_http_methods(["GET", "POST"])
@allowed("work")
def account_hands(request: HttpRequest, reference: str) -> HttpResponse:
    """Whose the account is right now: a part of its page, asked again while it is open. POST `do`: take, keep or
    put_back. Without a script it leads back to the page."""
    account = access_account(person(request), reference)
    refused = _act(account, person(request), request.POST.get("do", "")) if request.method == "POST" else ""
    if getattr(request, "htmx", False):
        return render(request, "staff/parts/hands.html", hands_of(request, account))
    if refused:
        messages.error(request, refused)
    if request.POST.get("do") == "put_back":
        return redirect("work_list")
    return redirect("account_page", account.reference)


def _act(account: Account, user: User, do: str) -> str:
    if do == "put_back":
        put_back(account, user)
    elif do == "keep":
        renew(account, user)
    elif do == "take" and not lease(account, user):
        return _("Somebody else has just taken this account.")
    return ""


@require_POST
@allowed("work")
def account_finish(request: HttpRequest, reference: str) -> HttpResponse:
    """Done for now. `then=next` hands over the next account at once."""
    account = access_account(person(request), reference)
    form = FinishForm(request.POST)
    if not form.is_valid():
        return _again(request, account, form)
    try:
        finish(account, by=person(request), **form.cleaned_data)
    except InvalidInput as error:
        form.add_error(error.field or None, error.message)
        return _again(request, account, form)
    except Conflict as error:
        form.add_error(None, error.message)
        return _again(request, account, form)
    if request.POST.get("then") != "next":
        messages.success(request, _("Done for now."))
        return redirect("work_list")
    following = take_next(person(request), items_of(person(request)))
    return redirect("account_page", following.reference) if following else redirect("work_list")


def _again(request: HttpRequest, account: Account, form: FinishForm) -> HttpResponse:
    request.finish_form = form  # type: ignore[attr-defined]
    return show_account(request, account, status=409 if form.non_field_errors() else 422)
