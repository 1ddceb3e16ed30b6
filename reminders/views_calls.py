"""The callers' queue, and one call: what to say, the clock, and one key for how it ended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms.tokens import OnceForm
from accounts.roles import allowed, person
from accounts.selectors import access_account
from accounts.work_leases import release
from common.clock import now
from common.errors import InvalidInput, NotFound
from common.keyset import page_of
from reminders.calls.outcomes import OUTCOMES
from reminders.calls.script import number_of, script_of
from reminders.calls.services import call_now, end_call, put_back, start_call
from reminders.models import CallTask
from reminders.reasons import reason_words
from reminders.words import purpose_words

SHOWN = ("now", "later", "done")
ORDER = {"now": ("not_before", "id"), "later": ("not_before", "id"), "done": ("-id",)}


class OutcomeForm(OnceForm):
    day = forms.DateField(
        label=gettext_lazy("Day, for a promise or another time"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )


def _rows(which: str, request: HttpRequest) -> Any:
    rows = CallTask.objects.select_related("account__creditor", "account__debtor", "agent")
    if which == "done":
        return rows.filter(state__in=["done", "cancelled"])
    mine_or_free = rows.filter(state="waiting") | rows.filter(state="calling", agent=person(request))
    return mine_or_free.filter(not_before__lte=now()) if which == "now" else mine_or_free.filter(not_before__gt=now())


@require_GET
@allowed("work")
def call_list(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("show", "now")
    which = which if which in SHOWN else "now"
    page = page_of(_rows(which, request), order=ORDER[which], cursor=request.GET.get("cursor", ""))
    names = {"now": _("To call now"), "later": _("Later"), "done": _("Over")}
    tabs = [
        {"label": names[key], "url": f"?show={key}", "current": key == which, "count": _rows(key, request).count()}
        for key in SHOWN
    ]
    shown = [{"task": task, "purpose": purpose_words(task.purpose), "ended": ended_words(task)} for task in page.rows]
    return render(request, "staff/calls/list.html", {"tabs": tabs, "rows": shown, "page": page, "which": which})


def ended_words(task: CallTask) -> str:
    if task.outcome in OUTCOMES:
        return str(OUTCOMES[task.outcome].words)
    return reason_words(task.reason) if task.reason else ""


def access_call(task_id: int) -> CallTask:
    rows = CallTask.objects.select_related("account__creditor", "account__debtor", "debtor", "agent", "contact_point")
    task = rows.filter(pk=task_id).first()
    if task is None:
        raise NotFound(_("There is no such call."))
    return task


@require_http_methods(["GET", "POST"])
@allowed("work")
def call_page(request: HttpRequest, task_id: int) -> HttpResponse:
    task = access_call(task_id)
    form = OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ended = end_call(task, outcome=request.POST.get("outcome", ""), by=person(request), **form.cleaned_data)
            release(ended.account, person(request))
            messages.success(request, _("The call is on the record."))
            return redirect("call_list")
        except InvalidInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    mine = task.state == "calling" and task.agent_id == person(request).pk
    context = {
        "task": task,
        "account": task.account,
        "purpose": purpose_words(task.purpose),
        "reason": reason_words(task.reason) if task.reason else "",
        "script": script_of(task, caller=task.agent if task.state == "calling" else person(request)),
        "number": number_of(task) if mine else "",
        "mine": mine,
        "form": form,
        "outcomes": [{"name": name, "key": what.key, "words": what.words} for name, what in OUTCOMES.items()],
        "ended": ended_words(task),
    }
    return render(request, "staff/calls/page.html", context)


@require_POST
@allowed("work")
def call_start(request: HttpRequest, task_id: int) -> HttpResponse:
    task = start_call(access_call(task_id), by=person(request))
    if task.state != "calling":
        messages.error(request, _("Not now. %(why)s") % {"why": reason_words(task.reason)})
    return redirect("call_page", task.pk)


@require_POST
@allowed("work")
def account_call(request: HttpRequest, reference: str) -> HttpResponse:
    """From the account's page straight into a call: to its page, with the number, or with why not now."""
    task = call_now(access_account(person(request), reference), by=person(request))
    if task.state != "calling":
        messages.error(request, _("Not now. %(why)s") % {"why": reason_words(task.reason)})
    return redirect("call_page", task.pk)


@require_POST
@allowed("work")
def call_put_back(request: HttpRequest, task_id: int) -> HttpResponse:
    put_back(access_call(task_id), by=person(request))
    messages.success(request, _("Put back: nothing was counted."))
    return redirect("call_list")
