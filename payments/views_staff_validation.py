"""The validation notice of an account: made from the ledger, sent as a letter, and each one again as it was."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import allowed, person
from accounts.selectors import access_account
from common.errors import NotFound, PlatformError
from payments.disputes.forms import ValidationForm
from payments.disputes.validation import drawn, first_day, language_of, make_notice, needs_notice, notices_of
from payments.models import ValidationNotice
from payments.views_debtor.documents import NOTICE_LANGUAGES, attachment


@require_http_methods(["GET", "POST"])
@allowed("work")
def validation_page(request: HttpRequest, reference: str) -> HttpResponse:
    me = person(request)
    account = access_account(me, reference)
    first = {"on": first_day(account).isoformat(), "language": language_of(account)}
    form = ValidationForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            make_notice(account, by=me, **form.cleaned_data)
            messages.success(request, _("Made. It goes with the next letters, as far as the law lets it."))
            return redirect("validation_page", account.reference)
        except PlatformError as error:
            field = getattr(error, "field", None)
            form.add_error(field if field in form.fields else None, error.message)
    context = {
        "account": account,
        "form": form,
        "needed": needs_notice(account),
        "notices": notices_of(account),
        "languages": NOTICE_LANGUAGES,
        "first_day": first_day(account),
    }
    return render(request, "staff/disputes/validation.html", context, status=422 if form.errors else 200)


@require_GET
@allowed("work")
def validation_file(request: HttpRequest, reference: str, notice_id: int, language: str) -> HttpResponse:
    account = access_account(person(request), reference)
    notice = ValidationNotice.objects.filter(account=account, pk=notice_id).first()
    if notice is None or language not in NOTICE_LANGUAGES:
        raise NotFound(_("There is no such notice on this account."))
    return attachment(drawn(notice, language=language), f"notice-{notice.reference}-{language}.pdf", "application/pdf")
