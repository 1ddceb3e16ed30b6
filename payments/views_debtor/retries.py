"""The next try of a payment that did not go through: the debtor may choose another day for it."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.retries.moving import days_to_choose, move_retry
from payments.retries.selectors import planned_retry
from payments.retries.words import day_words
from payments.views_debtor.doors import SeeOther, Visit, behind_identity, debtor_page, show


class RetryDayForm(forms.Form):
    day = forms.TypedChoiceField(label=gettext_lazy("On which day should we try again?"), coerce=date.fromisoformat)

    def __init__(self, *args: object, days: list[date], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["day"].choices = [(day.isoformat(), day_words(day)) for day in days]  # type: ignore[attr-defined]


@debtor_page
@behind_identity
def retry_day(request: HttpRequest, visit: Visit) -> HttpResponse:
    decision = planned_retry(visit.account)
    if decision is None:
        return SeeOther(visit.url("pay"))
    days = [day for day, _moment in days_to_choose(decision)]
    form = RetryDayForm(request.POST or None, days=days, initial={"day": decision.instalment.retry_on})
    if request.method == "POST" and form.is_valid():
        moved = move_retry(visit.account, form.cleaned_data["day"])
        day = day_words(moved.instalment.debit_on)
        messages.success(request, _("Changed: we will try again on %(day)s.") % {"day": day})
        return SeeOther(visit.url("pay"))
    context = {"retry": decision, "form": form, "days": days, "amount": decision.attempt.amount}
    return show(request, visit, "retry_day", context, 422 if form.errors else 200)
