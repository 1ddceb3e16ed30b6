"""Limits of senders: how fast messages leave, what waits for that, and changing a limit."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import allowed, may, person
from common.errors import NotFound
from reminders.forms_sending import SendingLimitForm
from reminders.models import SendingLimit
from reminders.sending_limits import change_limit, senders_now


@require_safe
@allowed("see_schedules")
def sending_limits(request: HttpRequest) -> HttpResponse:
    context = {"senders": senders_now(), "may_edit": may(request.user, "configure")}
    return render(request, "staff/sending_limits.html", context)


@require_http_methods(["GET", "POST"])
@allowed("configure")
def sending_limit_edit(request: HttpRequest, limit_id: int) -> HttpResponse:
    limit = SendingLimit.objects.filter(pk=limit_id).first()
    if limit is None:
        raise NotFound(_("There is no such sender."))
    initial = {"tier": limit.tier, "per_minute": limit.per_minute, "per_day": limit.per_day}
    form = SendingLimitForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_limit(limit, by=person(request), **form.cleaned_data)
        messages.success(request, _("Changed. The next message leaves at the new pace."))
        return redirect("sending_limits")
    return render(request, "staff/sending_limit_edit.html", {"form": form, "limit": limit})
