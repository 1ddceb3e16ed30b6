"""What an agent does on the account page. Each form is acted on once and leads back to the page."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms.work import AssignForm, EndHoldForm, HoldForm, NoteForm
from accounts.hold_rules import HOLD_RULES
from accounts.models import Account, Hold
from accounts.roles import allowed, person
from accounts.selectors import access_account
from accounts.services import add_note, assign_account, end_hold, place_hold
from accounts.views.account import show_account
from accounts.work_leases import check_hands
from common.errors import Conflict, NotFound

BLOCK_WORDS = {
    "contact": gettext_lazy("contact and queued reminders"),
    "debit": gettext_lazy("payments and agreed debits"),
    "interest": gettext_lazy("interest"),
    "furnish": gettext_lazy("reports to credit bureaus"),
}


def _say_errors(request: HttpRequest, form: forms.Form) -> None:
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, str(error))


@require_POST
@allowed("work")
def account_note(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    form = NoteForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        _say_errors(request, form)
        return redirect("account_page", account.reference)
    if not form.cleaned_data.pop("anyway"):
        try:
            check_hands(account, person(request))
        except Conflict as error:
            return show_account(request, account, note_form=_to_be_sent_again(form, error), status=409)
    add_note(account, author=person(request), **form.cleaned_data)
    messages.success(request, _("The note is kept."))
    return redirect(f"{reverse('account_page', args=[account.reference])}#note-kept")


def _to_be_sent_again(form: NoteForm, error: Conflict) -> NoteForm:
    """With what was typed, and why it is not kept yet; sent once more it is kept."""
    form.data = {**{name: form.data.get(name) for name in form.data}, "anyway": "1"}
    form.add_error("text", _("%(why)s Press “Keep note” once more to keep it all the same.") % {"why": error.message})
    return form


@require_POST
@allowed("assign")
def account_assign(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    form = AssignForm(request.POST, account=account)
    if not form.is_valid():
        _say_errors(request, form)
        return redirect("account_page", account.reference)
    assign_account(account, by=person(request), **form.cleaned_data)
    messages.success(request, _("The account is assigned."))
    return redirect("account_page", account.reference)


@require_http_methods(["GET", "POST"])
@allowed("work")
def account_hold(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        place_hold(account, by=person(request), **form.cleaned_data)
        messages.success(request, _("The hold is in force from now."))
        return redirect("account_page", account.reference)
    kinds = [
        (label, _listed(HOLD_RULES[kind].blocks), HOLD_RULES[kind].whole_person) for kind, label in Hold.Kind.choices
    ]
    return render(request, "staff/account_hold.html", {"account": account, "form": form, "kinds": kinds})


def _listed(blocks: Iterable[str]) -> str:
    return _(", ").join(str(BLOCK_WORDS.get(block, block)) for block in blocks)


@require_http_methods(["GET", "POST"])
@allowed("work")
def account_hold_end(request: HttpRequest, reference: str, hold_id: int) -> HttpResponse:
    account = access_account(person(request), reference)
    hold = _hold_of(account, hold_id)
    form = EndHoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        end_hold(hold, account=account, by=person(request), **form.cleaned_data)
        messages.success(request, _("The hold has ended."))
        return redirect("account_page", account.reference)
    effects = [
        _("What it stopped may happen again at once: %(blocks)s.") % {"blocks": _listed(hold.blocks)},
        _("Who ended it, and why, stays on the record."),
    ]
    context = {"account": account, "hold": hold, "form": form, "effects": effects}
    return render(request, "staff/account_hold_end.html", context)


def _hold_of(account: Account, hold_id: int) -> Hold:
    hold = Hold.objects.filter(pk=hold_id, debtor_id=account.debtor_id).first()
    if hold is None or hold.account_id not in (None, account.pk):
        raise NotFound(_("There is no such hold on this account."))
    return hold
