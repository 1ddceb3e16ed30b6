"""Something is wrong: told, the account is on hold at once; then how it stands, more words, papers, the answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from common.errors import NotFound, PlatformError
from payments.disputes.access import access_evidence, disputes_of, last_dispute
from payments.disputes.evidence import add_evidence, content_of
from payments.disputes.forms import DisputeForm, WordsForm
from payments.disputes.opening import active_hold, add_words, open_dispute, withdraw
from payments.disputes.words import standing
from payments.documents.lines import statement_lines
from payments.documents.pdf import decision_pdf
from payments.models import DebtDispute
from payments.views_debtor.documents import attachment
from payments.views_debtor.doors import SeeOther, Visit, behind_identity, debtor_page, show
from payments.views_debtor.frame import agency_of

SAVED = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@debtor_page
def dispute(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How it stands, once they told us; else the form."""
    last, again = last_dispute(visit.account), request.method == "POST" or "again" in request.GET
    if last is not None and (last.is_running or not again):
        return show(request, visit, "dispute_standing", _standing(visit, last))
    if last is None and not again and (hold := active_hold(visit.account)):
        return show(request, visit, "dispute_held", {"hold": hold})
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = DisputeForm(*posted, account=visit.account)
    if posted and form.is_valid() and _told(visit, form):
        return SeeOther(visit.url("debtor_dispute"))
    return show(request, visit, "dispute", {"form": form}, 422 if form.errors else 200)


def _told(visit: Visit, form: DisputeForm) -> bool:
    data = form.cleaned_data
    once = (f"link:{visit.link.pk}", data["token"]) if data["token"] else None
    try:
        opened = open_dispute(visit.account, form.told(), via=DebtDispute.Via.PAGE, once=once)
        if opened is not None:
            add_evidence(opened[0], data["papers"], by=None)
    except PlatformError as error:
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, error.message)
        return False
    return True


def _standing(visit: Visit, row: DebtDispute, form: WordsForm | None = None) -> dict[str, Any]:
    """What was said and sent is personal; that something runs, and by when we answer, is not."""
    said = row.remarks.exclude(kind="noted").order_by("at", "id")
    return {
        "dispute": row,
        "standing": standing(row),
        "remarks": said if visit.identified else (),
        "asked": said.filter(kind="asked").last() if row.asked_at else None,
        "papers": row.evidence.order_by("given_at") if visit.identified else (),
        "papers_kept": row.evidence.count(),
        "form": form or WordsForm(),
        "earlier": disputes_of(visit.account).exclude(pk=row.pk)[:5] if visit.identified else (),
    }


def _running(visit: Visit) -> DebtDispute:
    row = last_dispute(visit.account)
    if row is None or not row.is_running:
        raise NotFound(_("Nothing is being looked into on this account."))
    return row


@debtor_page
def dispute_more(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Words and papers, added to what runs. Whoever holds the link may add; only who is known reads."""
    row = _running(visit)
    if request.method != "POST":
        return SeeOther(visit.url("debtor_dispute"))
    form = WordsForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        try:
            add_evidence(row, data["papers"], by=None)
            if data["text"].strip():
                add_words(row, data["text"], by=None, once=(f"link:{visit.link.pk}", data["token"]))
            messages.success(request, _("We have it. It is read together with what you told us before."))
            return SeeOther(visit.url("debtor_dispute"))
        except PlatformError as error:
            form.add_error(None, error.message)
    return show(request, visit, "dispute_standing", _standing(visit, row, form), 422)


@debtor_page
@behind_identity
def dispute_withdraw(request: HttpRequest, visit: Visit) -> HttpResponse:
    row = _running(visit)
    if request.method == "POST":
        withdraw(row, why=_("Taken back on their page."), by=None, once=None)
        messages.success(request, _("Taken back. The account is not on hold for it any more."))
    return SeeOther(visit.url("debtor_dispute"))


@debtor_page
@behind_identity
def dispute_paper(request: HttpRequest, visit: Visit, dispute_id: UUID, evidence_id: UUID) -> HttpResponse:
    row = disputes_of(visit.account).filter(pk=dispute_id).first()
    if row is None:
        raise NotFound(_("There is no such file."))
    paper = access_evidence(row, evidence_id, by=None)
    return saved_file(paper.name, content_of(paper))


@debtor_page
@behind_identity
def dispute_letter(request: HttpRequest, visit: Visit, dispute_id: UUID) -> HttpResponse:
    row = disputes_of(visit.account).filter(pk=dispute_id).first()
    if row is None:
        raise NotFound(_("There is no such file."))
    return letter_of(row)


def letter_of(row: DebtDispute) -> HttpResponse:
    """Our answer as a PDF, with what the debt is made of."""
    if row.state != "decided" or not row.answer:
        raise NotFound(_("This has no answer yet."))
    account = row.account
    content = decision_pdf(row, statement_lines(account), agency=agency_of(account.creditor), name=account.debtor.name)
    return attachment(content, f"answer-{row.number}.pdf", "application/pdf")


def saved_file(name: str, content: bytes) -> HttpResponse:
    """To save, never to show: whatever is in it, it does not run as a page of ours."""
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment", **SAVED}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)
