"""Short pages that explain: what this is, how to check it, how to pay, how to stay safe, who gives free advice."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from common.clock import today
from common.money import Money
from payments.advice import advisers_in
from payments.debtor_wallets import usable_wallets
from payments.documents.lines import statement_lines
from payments.views_debtor.doors import Visit, debtor_page, show
from payments.views_debtor.landing import breakdown

PAGES = ("why", "real", "wallet", "safe", "advice", "help")


@debtor_page
def learn(request: HttpRequest, visit: Visit, page: str) -> HttpResponse:
    if page not in PAGES:
        raise Http404
    account = visit.account
    paid = sum(-line.amount.minor for line in statement_lines(account) if line.kind == "payment")
    context = {
        "pages": PAGES,
        "items": breakdown(visit),
        "placed": Money(account.placed_minor, account.currency),
        "paid": Money(paid, account.currency),
        "days_late": account.days_past_due(today()),
        "wallets": usable_wallets(account),
        "advisers": advisers_in(account.debtor.country),
    }
    return show(request, visit, f"learn/{page}", context)
