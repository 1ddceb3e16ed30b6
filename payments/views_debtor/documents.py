"""Documents: the receipt of each payment, and the statement with its running balance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.errors import NotFound
from common.ids import row_id_of
from payments.disputes.validation import drawn, notices_of
from payments.documents.lines import Receipt, receipt_of, statement_lines, undecided_of
from payments.documents.pdf import receipt_pdf, statement_pdf
from payments.documents.sheet import statement_csv
from payments.models import DebtDispute, Payment
from payments.services.shares import surplus_of
from payments.views_debtor.doors import SeeOther, Visit, behind_identity, debtor_page, show
from payments.views_debtor.frame import agency_of

NOTICE_LANGUAGES = {"en": "English", "es": "Español", "zh": "中文"}


@debtor_page
@behind_identity
def documents(request: HttpRequest, visit: Visit) -> HttpResponse:
    paid = Payment.objects.filter(account=visit.account, state__in=["succeeded", "reversed"]).order_by("-finished_at")
    rows = [(payment, wallet_of(payment)) for payment in paid.prefetch_related("attempts__provider")]
    answered = DebtDispute.objects.filter(account=visit.account, state="decided").exclude(answer="")
    context = {
        "payments": rows,
        "disputes": answered.order_by("-decided_at"),
        "notice": next(iter(notices_of(visit.account)), None),
        "notice_languages": NOTICE_LANGUAGES,
    }
    return show(request, visit, "documents", context)


@debtor_page
@behind_identity
def debt_notice(request: HttpRequest, visit: Visit, language: str) -> HttpResponse:
    """The newest validation notice, in one of its languages."""
    notice = next(iter(notices_of(visit.account)), None)
    if notice is None or language not in NOTICE_LANGUAGES:
        raise NotFound(_("There is no such notice on this page."))
    content = drawn(notice, language=language, dispute_url=request.build_absolute_uri(visit.url("debtor_dispute")))
    return attachment(content, f"notice-{notice.reference}-{language}.pdf", "application/pdf")


def wallet_of(payment: Payment) -> str:
    """What it was paid with, or "" where no wallet took it."""
    return next((row.wallet_words for row in payment.attempts.all() if row.state in ("succeeded", "reversed")), "")


def _receipt(visit: Visit, reference: str) -> Receipt:
    """Of a payment of this account. Who has not shown who they are sees only those made through this very link."""
    rows = Payment.objects.filter(account=visit.account, pk=row_id_of(reference) or 0)
    if not visit.identified:
        rows = rows.filter(link=visit.link)
    payment = rows.select_related("account__creditor", "account__debtor", "entry").first()
    if payment is None:
        raise NotFound(_("There is no such receipt on this page."))
    return receipt_of(payment)


@debtor_page
def receipt(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    return show(request, visit, "receipt", {"receipt": _receipt(visit, reference)})


@debtor_page
def receipt_download(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    found = _receipt(visit, reference)
    name = visit.account.debtor.name if visit.identified else ""
    content = receipt_pdf(found, agency=agency_of(visit.account.creditor), name=name)
    return attachment(content, f"receipt-{found.number}.pdf", "application/pdf")


@debtor_page
@behind_identity
def statement(request: HttpRequest, visit: Visit) -> HttpResponse:
    account = visit.account
    context = {
        "lines": statement_lines(account),
        "surplus": surplus_of(account),
        "undecided": undecided_of(account),
    }
    return show(request, visit, "statement", context)


@debtor_page
@behind_identity
def statement_download(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    make = {"pdf": _statement_pdf, "csv": _statement_csv}.get(kind)
    return make(visit) if make else SeeOther(visit.url("debtor_statement"))


def _statement_pdf(visit: Visit) -> HttpResponse:
    account = visit.account
    content = statement_pdf(
        account,
        statement_lines(account),
        agency=agency_of(account.creditor),
        name=account.debtor.name,
        surplus=surplus_of(account),
    )
    return attachment(content, f"statement-{account.reference}.pdf", "application/pdf")


def _statement_csv(visit: Visit) -> HttpResponse:
    account = visit.account
    content = statement_csv(statement_lines(account))
    return attachment(content, f"statement-{account.reference}.csv", "text/csv; charset=utf-8")


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
