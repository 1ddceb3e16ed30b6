"""The list of agreements somebody has to end in the wallet, and what a person can do about one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import allowed, may, person
from common.errors import NotFound
from common.ids import row_id_of
from wallets.endings import ask_again, endings_for_a_person, mark_ending_seen, only_payer_ends
from wallets.forms import ReasonForm
from wallets.providers.registry import facts_of

MOST_SHOWN = 100
EFFECTS = (
    gettext_lazy("It leaves this list, with your reason in the record."),
    gettext_lazy("Should the wallet debit all the same, the money is booked and waits as a surplus to be given back."),
)


@require_GET
@allowed("work")
def ending_list(request: HttpRequest) -> HttpResponse:
    found = list(endings_for_a_person(person(request))[:MOST_SHOWN])
    rows = [{"mandate": one, "theirs": only_payer_ends(one.provider)} for one in found]
    return render(request, "staff/endings.html", {"rows": rows, "full_names": may(request.user, "reveal")})


@require_http_methods(["GET", "POST"])
@allowed("work")
def ending_seen(request: HttpRequest, reference: str) -> HttpResponse:
    mandate = endings_for_a_person(person(request)).filter(pk=row_id_of(reference) or 0).first()
    if mandate is None:
        raise NotFound(_("This agreement is not waiting for a person."))
    if request.method == "POST" and "again" in request.POST:
        ask_again(mandate)
        messages.success(request, _("The wallet is asked again within a minute."))
        return redirect("ending_list")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        mark_ending_seen(mandate, by=person(request), reason=form.cleaned_data["reason"])
        messages.success(request, _("Done. It holds from this moment."))
        return redirect("ending_list")
    context = {
        "mandate": mandate,
        "form": form,
        "effects": EFFECTS,
        "how_to_end": facts_of(mandate.provider.key).how_to_end,
    }
    return render(request, "staff/ending_seen.html", context)
