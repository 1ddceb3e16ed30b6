"""Staff pages of the end of the road: ask, decide, take back, and the list of what ended or waits."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from common.errors import Conflict, InvalidInput, PlatformError
from common.keyset import page_of
from common.money import Money
from payments.forms_moves import BackForm, DecisionForm, StepForm, steps_for
from payments.models import AccountMove
from payments.moves.access import SHOWN, access_move, moves_visible_to
from payments.moves.asking import ask_move, ask_undo, decide_move
from payments.moves.doing import under_way
from payments.moves.limits import alone_up_to
from payments.moves.table import CLOSE_REASONS, rule_of
from payments.moves.words import STATES
from payments.services.recovering import standing_moves

MOST = 20
EFFECTS = (
    (
        AccountMove.Kind.WRITE_OFF,
        gettext_lazy(
            "What is owed is given up, in whole or in part. Whole: nobody is contacted any more; money that still comes"
            " is the creditor's."
        ),
    ),
    (
        AccountMove.Kind.RECALL,
        gettext_lazy(
            "Messages, calls and debits stop at once; payments on their way are awaited. What came in goes with the"
            " next remittance."
        ),
    ),
    (
        AccountMove.Kind.AGENCY,
        gettext_lazy(
            "It stays owed and stands on the agency's list. We contact nobody; the payment page names the agency."
        ),
    ),
    (
        AccountMove.Kind.CLOSE,
        gettext_lazy("What is still owed leaves the books as the reason says. Nobody is contacted any more."),
    ),
)


def move_row(move: AccountMove, *, for_creditor: bool = False) -> dict[str, Any]:
    words, tone = STATES[move.state]
    title = rule_of(move).undo_words if move.undoes else move.get_kind_display()
    why = CLOSE_REASONS.get(move.why)
    return {
        "move": move,
        "title": title,
        "words": words,
        "tone": tone,
        "because": why.words if why else "",
        "reason": "" if for_creditor else move.reason,
        "who": "" if for_creditor else move.asked_by,
        "part": move.wanted_minor is not None,
        "awaits": move.state == "done" and move.settled_at is None,
    }


def moves_of(account: Account, *, for_creditor: bool = False) -> list[dict[str, Any]]:
    rows = AccountMove.objects.filter(account=account).select_related("asked_by", "decided_by", "undoes", "agency")
    if for_creditor:
        rows = rows.exclude(state__in=["asked", "refused"])
    return [move_row(row, for_creditor=for_creditor) for row in rows.order_by("-pk")[:MOST]]


@require_http_methods(["GET", "POST"])
@allowed("recall")
def account_recall(request: HttpRequest, reference: str) -> HttpResponse:
    """A creditor's people have this form only; our own go to the page with every step."""
    return _step_page(request, reference)


@require_http_methods(["GET", "POST"])
@allowed("work")
def account_end(request: HttpRequest, reference: str) -> HttpResponse:
    return _step_page(request, reference)


def _step_page(request: HttpRequest, reference: str) -> HttpResponse:
    account, user = access_account(person(request), reference), person(request)
    form = StepForm(request.POST or None, account=account, user=user)
    if request.method == "POST" and form.is_valid() and _asked(request, form, account):
        return redirect("account_page", account.reference)
    working = may(user, "work")
    newest = standing_moves(account)[:1] if working else []
    context = {
        "account": account,
        "form": form if steps_for(account, user) else None,
        "effects": [(kind.label, words) for kind, words in EFFECTS if working or kind == AccountMove.Kind.RECALL],
        "alone": Money(alone_up_to(account), account.currency),
        "rows": moves_of(account, for_creditor=not working),
        "waiting": AccountMove.objects.filter(account=account, state="asked").first() if working else None,
        "newest": newest[0] if newest else None,
        "back_words": rule_of(newest[0]).undo_words if newest else "",
        "back_form": BackForm(),
        "under_way": under_way(account),
        "working": working,
    }
    return render(request, "staff/account_end.html", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest, form: StepForm, account: Account) -> bool:
    said = form.cleaned_data
    try:
        move = ask_move(
            account, said["kind"], reason=said["reason"], by=person(request), why=said.get("why", ""),
            amount=said.get("amount"), agency=said.get("agency"), request_key=f"form:{said['token']}",
            source="staff" if may(request.user, "work") else "creditor",
        )  # fmt: skip
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    except Conflict as error:
        form.add_error(None, error.message)
        return False
    _say(request, move)
    return True


def _say(request: HttpRequest, move: AccountMove) -> None:
    waits = move.state == "asked"
    words = (
        _("Asked for. It is done when a second person has agreed.") if waits else _("Done. It stands in the record.")
    )
    messages.success(request, words)


@require_POST
@allowed("work")
def move_undo(request: HttpRequest, reference: str) -> HttpResponse:
    move = access_move(person(request), reference)
    form = BackForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why in a few words. It stands in the record."))
        return redirect("account_end", move.account.reference)
    said = form.cleaned_data
    try:
        _say(request, ask_undo(move, reason=said["reason"], by=person(request), request_key=f"form:{said['token']}"))
    except PlatformError as error:
        messages.error(request, error.message)
    return redirect("account_end", move.account.reference)


@require_GET
@allowed("work")
def move_page(request: HttpRequest, reference: str) -> HttpResponse:
    return _show(request, access_move(person(request), reference))


def _show(request: HttpRequest, move: AccountMove, *, failed: DecisionForm | None = None) -> HttpResponse:
    own = move.asked_by_id == person(request).pk
    context = {
        **move_row(move),
        "account": move.account,
        "own": own,
        "may_agree": move.state == "asked" and not own and may(request.user, "decide_ends"),
        "may_refuse": move.state == "asked" and (own or may(request.user, "decide_ends")),
        "form": failed or DecisionForm(),
        "under_way": under_way(move.account),
    }
    return render(request, "staff/move.html", context, status=422 if failed else 200)


@require_POST
@allowed("work")
def move_decide(request: HttpRequest, reference: str) -> HttpResponse:
    move = access_move(person(request), reference)
    form = DecisionForm(request.POST)
    form.is_valid()
    agree, note = request.POST.get("answer") == "yes", request.POST.get("note", "")
    try:
        decide_move(move, by=person(request), agree=agree, note=note)
    except InvalidInput as error:
        form.add_error("note", error.message)
        return _show(request, move, failed=form)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Done. It stands in the record."))
    return redirect("move_page", move.reference)


CHIPS = (
    ("decide", gettext_lazy("To decide")),
    ("awaited", gettext_lazy("Payments under way")),
    ("write_off", gettext_lazy("Written off")),
    ("agency", gettext_lazy("With an agency")),
    ("recall", gettext_lazy("Returned")),
    ("close", gettext_lazy("Closed")),
    ("all", gettext_lazy("All")),
)
COUNTED = ("decide", "awaited")


@require_GET
@allowed("work")
def move_list(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "decide")
    show = show if show in SHOWN else "decide"
    rows = moves_visible_to(person(request))
    page = page_of(rows.filter(SHOWN[show]), order=("-id",), cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "rows": [move_row(row) for row in page.rows],
        "show": show,
        "chips": [(name, words, _count(rows, name)) for name, words in CHIPS],
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/moves.html", context)


def _count(rows: QuerySet[AccountMove], name: str) -> int | None:
    return rows.filter(SHOWN[name]).count() if name in COUNTED else None
