"""What an agent may do with a person's debit agreement: pause it, let it go on, end it. Always with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.roles import allowed, person
from accounts.selectors import access_account
from common.errors import NotFound
from wallets.forms import ReasonForm
from wallets.models import Mandate
from wallets.services import pause_mandate, resume_mandate, revoke_mandate


@dataclass(frozen=True)
class Change:
    title: Promise
    button: Promise
    effects: tuple[Promise, ...]
    make: Callable[..., bool]
    danger: bool = False


CHANGES: dict[str, Change] = {
    "pause": Change(
        gettext_lazy("Pause the automatic payments?"),
        gettext_lazy("Pause"),
        (
            gettext_lazy("Nothing is debited until our staff let it go on."),
            gettext_lazy("Announced debits that have not gone out yet are called off."),
        ),
        pause_mandate,
    ),
    "resume": Change(
        gettext_lazy("Let the automatic payments go on?"),
        gettext_lazy("Let them go on"),
        (gettext_lazy("Each debit is announced to the person again before it is made."),),
        resume_mandate,
    ),
    "end": Change(
        gettext_lazy("End the automatic payments?"),
        gettext_lazy("End them"),
        (
            gettext_lazy("Nothing is debited from this moment, and the wallet is told."),
            gettext_lazy("The repayment plan stays; the person pays by link or signs a new agreement."),
        ),
        revoke_mandate,
        danger=True,
    ),
}


@require_http_methods(["GET", "POST"])
@allowed("work")
def mandate_change(request: HttpRequest, reference: str, change: str) -> HttpResponse:
    account = access_account(person(request), reference)
    mandate = Mandate.objects.filter(account=account, state__in=["pending", "active", "paused"]).order_by("-pk").first()
    asked = CHANGES.get(change)
    if mandate is None or asked is None:
        raise NotFound(_("There is no open agreement for this account."))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _make(asked, mandate, by=person(request), reason=form.cleaned_data["reason"])
        messages.success(request, _("Done. It holds from this moment."))
        return redirect("account_page", account.reference)
    context = {"account": account, "mandate": mandate, "change": change, "asked": asked, "form": form}
    return render(request, "staff/mandate_change.html", context)


def _make(asked: Change, mandate: Mandate, *, by: User, reason: str) -> None:
    """A form that comes twice finds the work done: each of these is a step that can be taken once."""
    asked.make(mandate, by=by, reason=reason)
