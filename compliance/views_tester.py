"""“May we contact this person by this channel at that moment?”, asked without locking, storing or counting anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Account, User
from accounts.roles import allowed, may, person
from accounts.search import search
from common.clock import now
from compliance.forms import MayWeForm
from compliance.services import preview
from compliance.told.decisions import packs_named, spoken, tone_of, verdict_words, way_words
from compliance.told.names import all_named
from compliance.words import purpose_words

MOST_FOUND = 20


@require_GET
@allowed("see_decisions")
def may_we(request: HttpRequest) -> HttpResponse:
    """Everything stands in the address, so that an answer can be shown to somebody else."""
    asked = "account" in request.GET
    form = MayWeForm(request.GET if asked else None)
    found: list[Account] = []
    context: dict[str, Any] = {}
    if asked and form.is_valid():
        found = _found(person(request), form.cleaned_data["account"])
        if len(found) == 1:
            context = _answer(found[0], form)
        elif not found:
            form.add_error("account", _("Nobody is found by this."))
    query = request.GET.copy()
    context |= {
        "form": form,
        "found": [(one, _query(query, one)) for one in found] if len(found) > 1 else [],
        "full_names": may(request.user, "reveal"),
        "may_see_policies": may(request.user, "see_policies"),
    }
    return render(request, "staff/may_we.html", context, status=422 if form.errors else 200)


def _query(query: Any, account: Account) -> str:
    chosen = query.copy()
    chosen["account"] = account.reference
    return str(chosen.urlencode())


def _found(user: User, text: str) -> list[Account]:
    """A reference names one account; anything else is looked for as on the search page."""
    hits = search(user, text)
    if hits.only:
        return [hits.only]
    unique = {account.pk: account for group in hits.groups for account in group.accounts}
    return list(unique.values())[:MOST_FOUND]


def _answer(account: Account, form: MayWeForm) -> dict[str, Any]:
    said = form.cleaned_data
    zone = account.debtor.time_zone
    at = _moment(said, zone)
    judged = preview(account, said["channel"], said["purpose"], at)
    verdict, packs = judged.verdict, packs_named(judged.packs)
    tone, icon = tone_of(verdict.kind.value)
    return {
        "judged": judged,
        "account": account,
        "at": at,
        "zone": zone,
        "verdict": verdict_words(verdict.kind.value),
        "kind": verdict.kind.value,
        "until": verdict.until,
        "tone": tone,
        "icon": icon,
        "asked": purpose_words(said["purpose"]),
        "way": way_words(said["channel"]),
        "packs": packs,
        "spoken": spoken(judged.reasons, verdict.kind.value, [row for _words, row in packs]),
        "requirements": all_named(judged.law.requirements),
        "conditions": all_named(judged.conditions),
    }


def _moment(said: dict[str, Any], zone: str) -> datetime:
    """As the person's own clock shows it; now where nothing is said."""
    here = ZoneInfo(zone) if zone else ZoneInfo("UTC")
    moment = now().astimezone(here)
    day, hour = said.get("day") or moment.date(), said.get("hour") or moment.time()
    return datetime.combine(day, hour, here)
