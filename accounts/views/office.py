"""When somebody is there: the common hours and those of single creditors."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms.office import OfficeHoursForm
from accounts.models import OfficeHours
from accounts.office_hours import closed_days, hours_words, next_opening, set_hours
from accounts.roles import allowed, person
from common.clock import now, today
from common.errors import InvalidInput


@require_http_methods(["GET", "POST"])
@allowed("configure")
def office_hours(request: HttpRequest) -> HttpResponse:
    form = OfficeHoursForm(request.POST or None, initial=_first(request.GET.get("change", "")))
    if request.method == "POST" and form.is_valid():
        try:
            set_hours(by=person(request), **form.cleaned_data)
            messages.success(request, _("Saved. It counts from now on."))
            return redirect("office_hours")
        except InvalidInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    rows = OfficeHours.objects.select_related("creditor").order_by("creditor__name")
    shown = [
        {
            "hours": row,
            "words": hours_words(row),
            "opening": next_opening(row, now()),
            "closed": closed_days(row, today(row.time_zone)),
        }
        for row in rows
    ]
    return render(request, "staff/office_hours.html", {"form": form, "rows": shown}, status=422 if form.errors else 200)


def _first(change: str) -> dict[str, Any]:
    """What the form begins with: the hours that are to be changed, else what is usual."""
    row = OfficeHours.objects.filter(pk=int(change)).first() if change.isdigit() else None
    if row is None:
        return {"weekdays": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "17:00"}
    plain = {
        name: getattr(row, name) for name in ("creditor", "time_zone", "weekdays", "opens", "closes", "holidays_of")
    }
    days = {name: "\n".join(day.isoformat() for day in getattr(row, name)) for name in ("closed_on", "open_on")}
    return plain | days
