"""Staff page about what became known late of one account: record it, decide about it, see what it changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from common.errors import InvalidInput
from payments.accrual.correcting import decide_fact, record_fact
from payments.forms_corrections import CorrectionForm
from payments.forms_refunds import NoteForm
from payments.models import AccountFact

MOST_FACTS = 20
STATE_WORDS = {
    "requested": gettext_lazy("waits for a second person"),
    "done": gettext_lazy("counts"),
    "rejected": gettext_lazy("turned down"),
}
TONES = {"requested": "warn", "done": "good", "rejected": "quiet"}


@require_http_methods(["GET", "POST"])
@allowed("work")
def account_correction(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    form = CorrectionForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid() and _recorded(request, form, account):
        return redirect("account_correction", account.reference)
    facts = AccountFact.objects.filter(account=account).select_related("requested_by", "decided_by", "account")
    context = {
        "account": account,
        "form": form,
        "facts": [
            (row, STATE_WORDS[row.state], TONES[row.state], row.requested_by_id == person(request).pk)
            for row in facts.order_by("-pk")[:MOST_FACTS]
        ],
        "note_form": NoteForm(auto_id="decision_%s"),
        "may_decide": may(request.user, "confirm_money"),
    }
    return render(request, "staff/correction.html", context, status=422 if form.errors else 200)


def _recorded(request: HttpRequest, form: CorrectionForm, account: Any) -> bool:
    said = form.cleaned_data
    amount = said.pop("amount")
    try:
        found = record_fact(account, by=person(request), amount_minor=amount.minor, **said)
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    waits = found is not None and found[0].needs_second
    words = _("Asked for. It counts when a second person has agreed.") if waits else _("Done. It stands in the record.")
    messages.success(request, words)
    return True


@require_POST
@allowed("confirm_money")
def account_correction_decide(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    number = request.POST.get("fact", "")
    fact = get_object_or_404(AccountFact, account=account, pk=int(number) if number.isdigit() else 0)
    decide_fact(fact, by=person(request), agree=request.POST.get("answer") == "yes", note=request.POST.get("note", ""))
    messages.success(request, _("Done. It stands in the record."))
    return redirect("account_correction", account.reference)
