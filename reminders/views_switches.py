"""Kill switches of contact: what is off and why, switching off, switching on again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import allowed, may, person
from common.errors import InvalidInput, NotFound, PlatformError
from reminders.forms import DecisionForm, SwitchForm
from reminders.models import ContactSwitch, Message
from reminders.switches import switch_off, switch_on, switch_words

ENDED_SHOWN = 50


@require_http_methods(["GET", "POST"])
@allowed("see_schedules")
def switch_list(request: HttpRequest) -> HttpResponse:
    may_switch = may(request.user, "configure")
    form = SwitchForm(request.POST if request.method == "POST" and may_switch else None)
    if form.is_bound and form.is_valid() and _switched_off(request, form):
        return redirect("contact_switches")
    rows = ContactSwitch.objects.select_related("creditor", "started_by", "ended_by")
    shown = [(row, switch_words(row)) for row in rows.filter(ended_at__isnull=True).order_by("-pk")]
    ended = [(row, switch_words(row)) for row in rows.filter(ended_at__isnull=False).order_by("-pk")[:ENDED_SHOWN]]
    context = {
        "off": shown,
        "ended": ended,
        "form": form if may_switch else None,
        "end_form": DecisionForm(),
        "waiting": Message.objects.filter(state="due").count(),
    }
    return render(request, "staff/contact_switches.html", context)


def _switched_off(request: HttpRequest, form: SwitchForm) -> bool:
    try:
        switch = switch_off(by=person(request), **form.cleaned_data)
    except PlatformError as error:
        field = getattr(error, "field", "") if isinstance(error, InvalidInput) else ""
        form.add_error(field if field in form.fields else None, error.message)
        return False
    if switch:
        messages.success(request, _("Switched off. What is queued waits."))
    return True


@require_POST
@allowed("configure")
def switch_end(request: HttpRequest, switch_id: int) -> HttpResponse:
    switch = ContactSwitch.objects.filter(pk=switch_id).first()
    if switch is None:
        raise NotFound(_("There is no such switch."))
    form = DecisionForm(request.POST)
    if form.is_valid():
        switch_on(switch, by=person(request), **form.cleaned_data)
        messages.success(request, _("On again. What waited goes out as the contact rules allow."))
    else:
        messages.error(request, _("Say why, in a few words."))
    return redirect("contact_switches")
