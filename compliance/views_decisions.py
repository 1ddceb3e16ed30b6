"""What the gate decided: the list, and one decision explained."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.masking import masked_name
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from common.errors import NotFound
from common.keyset import page_of
from compliance.decision_filters import DecisionFilters
from compliance.models import Decision
from compliance.told.decisions import (
    asked_words,
    packs_named,
    reason_words,
    spoken,
    tone_of,
    verdict_words,
    way_words,
)
from compliance.told.names import all_named

SHORT = 2


@require_GET
@allowed("see_decisions")
def decision_list(request: HttpRequest) -> HttpResponse:
    filters = DecisionFilters(request.GET)
    rows = filters.apply(Decision.objects.select_related("account__debtor", "account__creditor"))
    page = page_of(rows, order=("-id",), cursor=request.GET.get("cursor", ""))
    context = {
        "filters": filters,
        "page": page,
        "rows": [decision_row(decision) for decision in page.rows],
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/decisions.html", context)


def decision_row(decision: Decision) -> dict[str, Any]:
    tone, icon = tone_of(decision.verdict)
    return {
        "decision": decision,
        "verdict": verdict_words(decision.verdict),
        "tone": tone,
        "icon": icon,
        "asked": asked_words(decision),
        "way": way_words(decision.channel),
        "why": [reason_words(reason) for reason in decision.reasons[:SHORT]],
        "more": max(len(decision.reasons) - SHORT, 0),
    }


@require_GET
@allowed("see_decisions")
def decision_page(request: HttpRequest, decision_id: int) -> HttpResponse:
    decision = Decision.objects.select_related("account__debtor", "account__creditor").filter(pk=decision_id).first()
    if decision is None:
        raise NotFound(_("There is no such decision."))
    account = access_account(person(request), decision.account.reference)
    packs = packs_named(decision.packs)
    name = account.debtor.name
    context = {
        **decision_row(decision),
        "account": account,
        "name": name if may(request.user, "reveal") else masked_name(name),
        "packs": packs,
        "spoken": spoken(decision.reasons, decision.verdict, [row for _words, row in packs]),
        "requirements": all_named(decision.requirements),
        "zone": account.debtor.time_zone,
        "may_see_policies": may(request.user, "see_policies"),
    }
    return render(request, "staff/decision.html", context)
