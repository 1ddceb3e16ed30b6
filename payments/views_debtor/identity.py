"""The light question before personal details."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from payments.debtor_identity import TooManyTries, check_birth_year, remember
from payments.forms_debtor import IdentityForm
from payments.views_debtor.doors import SeeOther, Visit, debtor_page, show


@debtor_page
def identity(request: HttpRequest, visit: Visit) -> HttpResponse:
    wanted = _safe_next(request, visit)
    if visit.identified:
        return SeeOther(wanted)
    if request.method != "POST":
        return show(request, visit, "identity", {"form": IdentityForm(initial={"next": wanted})})
    form = IdentityForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            if check_birth_year(visit.link, form.cleaned_data["birth_year"]):
                remember(request, visit.link)
                return SeeOther(wanted)
            form.add_error("birth_year", _("That is not the year we have. Check it and try again."))
        except TooManyTries as error:
            form.add_error("birth_year", error.message)
            status = error.status
    return show(request, visit, "identity", {"form": form}, status)


def _safe_next(request: HttpRequest, visit: Visit) -> str:
    """Back to a page of this very link, nowhere else."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = wanted.startswith(visit.url("pay")) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if own else visit.url("debtor_documents")
