"""What the frame of every debtor page shows: who asks, for whom, and how to check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor, Debtor
from accounts.office_hours import hours_of, hours_words
from common.company import company_name

if TYPE_CHECKING:
    from payments.views_debtor.doors import Visit

# What this device was told goes before what the person once chose on another.
READING_COOKIES = {"large_text": "large_text", "plain_pages": "plain_pages"}
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
        "agency_hours": hours_words(hours) if (hours := hours_of(creditor)) else "",
        "agency_email": creditor.support_email,
        "verify_url": visit.url("debtor_learn", "real"),
        "help_url": visit.url("debtor_learn", "help"),
        "opt_out_url": visit.url("debtor_preferences"),
        **reading_of(request, visit.account.debtor),
    }


def reading_of(request: HttpRequest, debtor: Debtor) -> dict[str, bool]:
    told = {name: request.COOKIES.get(cookie) for name, cookie in READING_COOKIES.items()}
    return {name: getattr(debtor, name) if told[name] is None else told[name] == "1" for name in READING_COOKIES}
