"""The statement and the receipts of an account for the people who work on it: what the debtor gets, word for word."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Account
from accounts.roles import allowed, person
from accounts.selectors import access_account
from common.errors import NotFound
from common.ids import row_id_of
from payments.documents.lines import receipt_of, statement_lines
from payments.documents.pdf import receipt_pdf, statement_pdf
from payments.documents.sheet import statement_csv
from payments.models import Payment
from payments.services.shares import surplus_of
from payments.views_debtor.documents import attachment
from payments.views_debtor.frame import agency_of


@require_GET
@allowed("see_payments")
def account_statement(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    paid = Payment.objects.filter(account=account, state__in=["succeeded", "reversed"]).order_by("-finished_at")
    context = {
        "account": account,
        "lines": statement_lines(account),
        "surplus": surplus_of(account),
        "payments": paid,
    }
    return render(request, "staff/statement.html", context)


@require_GET
@allowed("see_payments")
def account_statement_file(request: HttpRequest, reference: str, kind: str) -> HttpResponse:
    account = access_account(person(request), reference)
    lines, name = statement_lines(account), f"statement-{account.reference}.{kind}"
    if kind == "csv":
        return attachment(statement_csv(lines), name, "text/csv; charset=utf-8")
    if kind != "pdf":
        raise NotFound(_("Statements come as PDF and as CSV."))
    agency, surplus = agency_of(account.creditor), surplus_of(account)
    content = statement_pdf(account, lines, agency=agency, name=account.debtor.name, surplus=surplus)
    return attachment(content, name, "application/pdf")


@require_GET
@allowed("see_payments")
def account_receipt(request: HttpRequest, reference: str, payment: str) -> HttpResponse:
    account = access_account(person(request), reference)
    found = receipt_of(_payment_of(account, payment))
    content = receipt_pdf(found, agency=agency_of(account.creditor), name=account.debtor.name)
    return attachment(content, f"receipt-{found.number}.pdf", "application/pdf")


def _payment_of(account: Account, reference: str) -> Payment:
    rows = Payment.objects.filter(account=account, pk=row_id_of(reference) or 0)
    row = rows.select_related("account__creditor", "account__debtor", "entry").first()
    if row is None:
        raise NotFound(_("This account has no such payment."))
    return row
