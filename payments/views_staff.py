"""Staff pages about money: making a payment link, and the list of payments the dashboards open."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.roles import allowed, may, person
from accounts.selectors import access_account, creditors_visible_to
from accounts.services import caller_of
from common.errors import Conflict
from common.keyset import page_of
from common.money import Money
from common.once import use_token
from payments.access import payments_visible_to
from payments.models import Payment
from payments.panels import PAYMENT_WORDS, SOURCE_WORDS
from payments.payment_filters import PaymentFilters
from payments.services import create_link


@require_POST
@allowed("work")
def account_link(request: HttpRequest, reference: str) -> HttpResponse:
    """A new link, told once on the page that follows. The same form again makes no second one."""
    account = access_account(person(request), reference)
    if account.status != "open" or account.balance_minor <= 0:
        raise Conflict(_("Nothing is owed on this account, so there is nothing to pay by link."))
    with transaction.atomic():
        if use_token(caller_of(person(request)), request.POST.get("token", "")):
            _link, url = create_link(account, language=account.debtor.language, created_by=person(request))
            request.session[f"new_link:{account.pk}"] = url
        else:
            messages.info(request, _("This link was made already. Make a new one if it was not copied."))
    return redirect("account_page", account.reference)


def filtered(user: User, filters: PaymentFilters) -> QuerySet[Payment]:
    return filters.apply(payments_visible_to(user))


@require_GET
@allowed("see_payments")
def payment_list(request: HttpRequest) -> HttpResponse:
    creditors = creditors_visible_to(person(request)).order_by("name")
    filters = PaymentFilters(request.GET, creditors=creditors)
    rows = filtered(person(request), filters)
    groups = rows.order_by().values("currency").annotate(n=Count("pk"), minor=Sum("amount_minor")).order_by("-n")
    totals = list(groups)
    page = page_of(
        rows.select_related("account__debtor", "account__creditor").prefetch_related("attempts__provider"),
        order=("-id",),
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "filters": filters,
        "page": page,
        "rows": [_row(payment) for payment in page.rows],
        "count": sum(row["n"] for row in totals),
        "totals": [Money(row["minor"], row["currency"]) for row in totals],
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/payments.html", context)


def _row(payment: Payment) -> dict[str, Any]:
    attempts = sorted(payment.attempts.all(), key=lambda attempt: attempt.pk)
    return {
        "payment": payment,
        "words": PAYMENT_WORDS[payment.state],
        "source": SOURCE_WORDS.get(payment.source, payment.source),
        "provider": attempts[-1].wallet_words if attempts else "",
        "needs_person": any(attempt.needs_person for attempt in attempts),
    }
