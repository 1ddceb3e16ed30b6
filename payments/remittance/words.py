"""Remittances as people say them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.money import Money
from payments.models import CommissionTerms, Remittance
from payments.models.remittance import Way
from payments.remittance.calculating import rate_at
from payments.words import percent

STATES = {
    "draft": gettext_lazy("draft, waits for approval"),
    "approved": gettext_lazy("approved, to be paid"),
    "carried": gettext_lazy("approved, carried forward"),
    "paid": gettext_lazy("paid out"),
    "cancelled": gettext_lazy("cancelled"),
}
TONES = {"draft": "warn", "approved": "info", "carried": "quiet", "paid": "good", "cancelled": "quiet"}


@dataclass(frozen=True)
class Sum:
    """`show` opens the lines behind it; empty when it has none of its own."""

    label: str
    amount: Money
    show: str = ""


def sums_of(remittance: Remittance) -> list[Sum]:
    """From what was collected down to what is paid out, each with its sign, as a statement adds it up."""
    money, net = remittance.money, remittance.way == Way.NET
    rows = [
        Sum(_("Collected"), money("collected"), "collected"),
        Sum(_("Taken back or refunded"), money("taken_back"), "taken_back"),
        Sum(_("Carried over from before"), money("carried_in")),
        Sum(_("Commission"), -money("commission"), "commission") if net else None,
        Sum(_("Provider fees the creditor bears"), -money("fees"), "fees") if net else None,
        Sum(_("Carried into the next one"), -money("carried_out")),
    ]
    first, *others = [row for row in rows if row]
    return [first, *(row for row in others if row.amount)]


def notes_of(remittance: Remittance) -> list[Sum]:
    """What stands beside the sum: invoices, money that went past us, and what is held."""
    money, gross = remittance.money, remittance.way == Way.GROSS
    rows = [
        Sum(_("Commission, invoiced"), money("commission"), "commission") if gross else None,
        Sum(_("Provider fees, invoiced"), money("fees"), "fees") if gross else None,
        Sum(_("Paid to the creditor itself"), money("direct"), "direct"),
        Sum(_("Provider fees we bear"), money("fees_kept"), "kept"),
    ]
    both = Money(remittance.trust_minor + remittance.clearing_minor, remittance.currency)
    held = [
        Sum(_("Held for the creditor at the end of the period"), both),
        Sum(_("On the trust account at the end of the period"), money("trust")),
        Sum(_("Still with the wallets at the end of the period"), money("clearing")),
    ]
    return [*(row for row in rows if row and row.amount), *held]


def commission_words(terms: CommissionTerms) -> str:
    """Such as "15 % up to 90 days, then 25 %"."""
    if terms.basis == CommissionTerms.Basis.PERCENT:
        return percent(terms.rate)
    if terms.basis == CommissionTerms.Basis.TIERED:
        pairs = zip(terms.tier_days, terms.tier_rates, strict=True)
        words = [_("from %(days)s days %(rate)s") % {"days": days, "rate": percent(rate)} for days, rate in pairs]
        return "; ".join(words)
    flat = str(Money(terms.flat_minor, terms.currency))
    each = {"account": _("%(amount)s per account"), "payment": _("%(amount)s per payment")}
    return each[terms.basis] % {"amount": flat}


def rate_words(terms: CommissionTerms, age_days: int) -> str:
    """What these terms come to for a debt this old when it was placed."""
    if terms.basis == CommissionTerms.Basis.TIERED:
        return percent(rate_at(terms, age_days))
    return commission_words(terms)
