"""Hard times at the desk: the queue, one request with its sums, the decision; and the form for a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.hardship import seeing
from accounts.hardship.cases import AGENT_PAUSE_DAYS, choose, end_case, grant_pause, refuse, take
from accounts.hardship.forms import PAUSE_KEYS, DecisionForm, HouseholdForm, pause_words
from accounts.hardship.household import CHANGED, LASTING
from accounts.hardship.words import calculation, standing, wish_words
from accounts.models import HardshipCase, User
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from accounts.services import caller_of
from accounts.views.account import shown_name
from common.errors import PlatformError
from common.keyset import page_of
from common.money import Money
from common.once import new_form_token
from reminders.hardship.options import Options, options_of
from reminders.hardship.services import agree_to_smaller_payments, tell_us

ORDERS = {"over": ("-waiting_since", "-id"), "granted": ("review_on", "id"), "review": ("review_on", "id")}
OLDEST = ("waiting_since", "id")


@require_GET
@allowed("work")
def hardship_list(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("show", "waiting")
    which = which if which in seeing.SHOWN else "waiting"
    me = person(request)
    rows = seeing.cases_shown(me, which)
    page = page_of(rows, order=ORDERS.get(which, OLDEST), cursor=request.GET.get("cursor", ""))
    names = {
        "waiting": _("Waiting"),
        "review": _("Review due"),
        "mine": _("Mine"),
        "granted": _("Helped"),
        "over": _("Over"),
    }
    counts = seeing.counts_of_lists(me)
    tabs = [
        {"label": names[key], "url": f"?show={key}", "current": key == which, "count": counts[key]}
        for key in seeing.SHOWN
    ]
    shown = [
        {"case": row, "standing": standing(row), "wish": wish_words(row), "name": shown_name(request, row.account)}
        for row in page.rows
    ]
    return render(request, "staff/hardship/list.html", {"tabs": tabs, "rows": shown, "page": page})


@require_http_methods(["GET", "POST"])
@allowed("work")
def hardship_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    me = person(request)
    case = seeing.access_case(me, case_id)
    options = options_of(case)
    form = DecisionForm(request.POST or None, choices=_choices(case, me))
    if request.method == "POST" and form.is_valid():
        try:
            _decide(case, form.cleaned_data, me)
            messages.success(request, _("Decided. The person reads it on their page."))
            return redirect("hardship_page", case.pk)
        except PlatformError as error:
            field = getattr(error, "field", None)
            form.add_error(field if field in form.fields else None, error.message)
    sees = seeing.sees_household(request, case)
    context = {
        "case": case,
        "account": case.account,
        "name": shown_name(request, case.account),
        "standing": standing(case),
        "wish": wish_words(case),
        "wished": Money(case.wish_minor, case.account.currency) if case.wish_minor else None,
        "sees": sees,
        "may_see": may(me, "see_household"),
        "note": case.statement.note if sees and case.statement and may(me, "see_hardship_note") else "",
        "note_kept": bool(case.statement and case.statement.note),
        "form": form,
        "form_token": new_form_token(),
        **(_household(options, case) if sees and options else {}),
    }
    return render(request, "staff/hardship/page.html", context, status=422 if form.errors else 200)


def _household(options: Options, case: HardshipCase) -> dict[str, Any]:
    home = options.household
    return {
        "sums": calculation(options.affordable, home, case.account.currency),
        "changed": CHANGED.get(home.changed, ""),
        "lasting": LASTING.get(home.lasting, ""),
        "smaller": options.smaller,
    }


def _choices(case: HardshipCase, me: User) -> list[tuple[str, Any]]:
    """Above an agent's limit somebody else decides, so it is not offered to them."""
    most = AGENT_PAUSE_DAYS if not may(me, "grant_long_pause") else max(PAUSE_KEYS.values())
    found: list[tuple[str, Any]] = [(key, pause_words(days)) for key, days in PAUSE_KEYS.items() if days <= most]
    if case.state == "waiting" and case.wish == "plan":
        found.append(("plan", _("The smaller payments they asked for")))
    if case.state == "waiting" and may(me, "grant_long_pause"):
        found.append(("refused", _("Refuse, with the reason; they can ask again and somebody else decides")))
    found.append(("ended", _("It is over: the hold of this request ends")))
    return found


def _decide(case: HardshipCase, data: dict[str, Any], me: User) -> None:
    decision, said = data["decision"], {"reason": data["reason"], "by": me, "token": data["token"]}
    if decision in PAUSE_KEYS:
        grant_pause(case, days=PAUSE_KEYS[decision], **said)
        return
    steps: Mapping[str, Callable[..., HardshipCase]] = {
        "plan": agree_to_smaller_payments,
        "refused": refuse,
        "ended": end_case,
    }
    steps[decision](case, **said)


@require_POST
@allowed("see_household")
def hardship_reveal(request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = seeing.access_case(person(request), case_id)
    seeing.reveal_household(request, case, by=person(request), token=request.POST.get("token", ""))
    messages.info(request, _("The numbers are shown for five minutes. That you looked is on the record."))
    return redirect("hardship_page", case_id)


@require_POST
@allowed("work")
def hardship_take(request: HttpRequest, case_id: UUID) -> HttpResponse:
    me = person(request)
    take(seeing.access_case(me, case_id), owner=None if request.POST.get("give_back") == "1" else me, by=me)
    return redirect("hardship_page", case_id)


@require_POST
@allowed("work")
def hardship_wish(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What the person said they would like, on the phone."""
    me = person(request)
    case = seeing.access_case(me, case_id)
    wish = request.POST.get("wish", "")
    options = options_of(case)
    smaller = options.smaller if options and wish == "plan" else None
    try:
        choose(
            case,
            wish="pause" if wish in PAUSE_KEYS else wish,
            days=PAUSE_KEYS.get(wish, 0),
            minor=smaller.each.minor if smaller else 0,
            by=me,
            once=(caller_of(me), request.POST.get("token", "")),
        )
        messages.success(request, _("Written down."))
    except PlatformError as error:
        messages.error(request, error.message)
    return redirect("hardship_page", case_id)


@require_http_methods(["GET", "POST"])
@allowed("see_household")
def hardship_new(request: HttpRequest, reference: str) -> HttpResponse:
    me = person(request)
    account = access_account(me, reference)
    form = HouseholdForm(request.POST or None, currency=account.currency, spoken=True)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            case = tell_us(
                account, form.household, consent=form.consent, note=data["note"], by=me,
                once=(caller_of(me), data["token"]),
            )  # fmt: skip
            return redirect("hardship_page", case.pk) if case else redirect("account_page", account.reference)
        except PlatformError as error:
            form.add_error(None, error.message)
    status = 422 if form.errors else 200
    return render(request, "staff/hardship/new.html", {"account": account, "form": form}, status=status)
