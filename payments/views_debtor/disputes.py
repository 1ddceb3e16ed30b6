"""Something is wrong: one question, and the account is on hold."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from payments.debtor_disputes import active_dispute, raise_dispute
from payments.forms_debtor import DisputeForm
from payments.views_debtor.doors import SeeOther, Visit, debtor_page, show


@debtor_page
def dispute(request: HttpRequest, visit: Visit) -> HttpResponse:
    if hold := active_dispute(visit.account):
        return show(request, visit, "dispute_held", {"hold": hold})
    if request.method != "POST":
        return show(request, visit, "dispute", {"form": DisputeForm()})
    form = DisputeForm(request.POST)
    if not form.is_valid():
        return show(request, visit, "dispute", {"form": form}, 422)
    raise_dispute(visit.account, reason=form.cleaned_data["reason"], link_id=visit.link.pk)
    return SeeOther(visit.url("debtor_dispute"))
