"""Short pages that explain: what this is, how to check it, how to pay, how to stay safe, who gives free advice."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language

from common.clock import today
from common.money import Money
from payments.advice import advisers_in
from payments.debtor_wallets import usable_wallets
from payments.documents.lines import statement_lines
from payments.views_debtor.doors import Visit, debtor_page, show
from payments.views_debtor.landing import breakdown
from wallets.providers.lessons import lesson_of

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


@debtor_page
def learn_wallet(request: HttpRequest, visit: Visit, key: str) -> HttpResponse:
    """Step by step with one wallet that this account can be paid with."""
    choice = next((one for one in usable_wallets(visit.account) if one.provider.key == key), None)
    if choice is None:
        raise Http404
    pictures = "zh" if (get_language() or "").startswith("zh") else "en"
    steps = [(step.words, step.picture and f"img/wallets/{step.picture}.{pictures}.webp") for step in lesson_of(key)]
    return show(request, visit, "learn/one_wallet", {"wallet": choice, "steps": steps})
