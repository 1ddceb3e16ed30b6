"""What the frame of every debtor page shows: who asks, for whom, and how to check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor
from common.company import company_name

if TYPE_CHECKING:
    from payments.views_debtor.doors import Visit

LARGE_TEXT_COOKIE = "large_text"
PRODUCTS: dict[str, Promise] = {
    "credit_card": _("Credit card"),
    "card": _("Credit card"),
    "loan": _("Loan"),
    "personal_loan": _("Loan"),
    "telecom": _("Phone or internet contract"),
    "insurance": _("Insurance"),
    "invoice": _("Invoice"),
    "utility": _("Electricity, gas or water"),
    "rent": _("Rent"),
}


def agency_of(creditor: Creditor) -> str:
    """Who runs this page in its own name: the creditor itself, or the agency it asked."""
    if creditor.role == Creditor.Role.FIRST_PARTY:
        return creditor.name
    return company_name()


def frame(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    creditor = visit.account.creditor
    agency = agency_of(creditor)
    return {
        "visit": visit,
        "token": visit.token,
        "account": visit.account,
        "product": PRODUCTS.get(visit.account.product, ""),
        "creditor": creditor,
        "agency_name": agency,
        "creditor_name": "" if agency == creditor.name else creditor.name,
        "agency_licence": creditor.licence_note,
        "agency_phone": creditor.support_phone,
        "agency_email": creditor.support_email,
        "verify_url": visit.url("debtor_learn", "real"),
        "help_url": visit.url("debtor_learn", "help"),
        "opt_out_url": visit.url("debtor_preferences"),
        "large_text": request.COOKIES.get(LARGE_TEXT_COOKIE) == "1",
    }
