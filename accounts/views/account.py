"""The account page: everything about one debt on one screen."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts import work_list as lists
from accounts.forms.tokens import OnceForm
from accounts.forms.work import AssignForm, NoteForm
from accounts.hold_rules import HOLD_RULES
from accounts.masking import masked_name
from accounts.models import Account, Hold
from accounts.products import product_words
from accounts.revealing import may_see_contacts, reveal_for_a_while
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from accounts.services import reveal_contacts
from accounts.timeline import CREDITOR_GROUPS, timeline_of
from accounts.timeline_words import GROUPS
from accounts.words import status_words
from common.clock import now, today
from common.money import Money

COMPONENT_WORDS = (
    ("principal_minor", gettext_lazy("Principal")),
    ("interest_minor", gettext_lazy("Interest")),
    ("fees_minor", gettext_lazy("Fees")),
    ("costs_minor", gettext_lazy("Costs")),
)


def active_holds(account: Account) -> list[Hold]:
    moment = now()
    rows = Hold.objects.filter(Q(account=account) | Q(account=None), debtor_id=account.debtor_id)
    rows = rows.filter(Q(ends_at=None) | Q(ends_at__gt=moment), starts_at__lte=moment)
    return list(rows.select_related("placed_by").order_by("-starts_at"))


def shown_name(request: HttpRequest, account: Account) -> str:
    name = account.debtor.name
    return name if may(request.user, "reveal") else masked_name(name)


@require_GET
@allowed("see_accounts")
def account_page(request: HttpRequest, reference: str) -> HttpResponse:
    return show_account(request, access_account(person(request), reference))


def show_account(
    request: HttpRequest, account: Account, *, note_form: NoteForm | None = None, status: int = 200
) -> HttpResponse:
    """`note_form`: with what somebody typed, where it could not be kept."""
    user = person(request)
    working = may(user, "work")
    lists.explain([account])
    holds = active_holds(account)
    before = request.GET.get("before", "")
    group = request.GET.get("group", "")
    context = {
        "account": account,
        "name": shown_name(request, account) or account.reference,
        "age": account.days_past_due(today()),
        "product": product_words(account.product),
        "status_words": status_words(account.status),
        "components": [
            (label, Money(minor, account.currency))
            for field, label in COMPONENT_WORDS
            if (minor := getattr(account, field))
        ],
        "holds": [(hold, working and (not HOLD_RULES[hold.kind].protected or user.is_supervisor)) for hold in holds],
        "quiet": bool(account.quiet_until and account.quiet_until > now()),
        "working": working,
        "note_form": note_form or NoteForm(auto_id="note_%s"),
        "assign_form": AssignForm(account=account) if may(user, "assign") else None,
        "once": OnceForm(auto_id=False),
        "timeline": timeline_of(
            account, group=group, before=int(before) if before.isdigit() else 0, for_creditor=not working
        ),
        "groups": {name: words for name, words in GROUPS.items() if working or name in CREDITOR_GROUPS},
        "group": group,
        "new_link": request.session.pop(f"new_link:{account.pk}", None),
        "revealed": may_see_contacts(request, account),
    }
    return render(request, "staff/account_page.html", context, status=status)


@require_POST
@allowed("reveal")
def account_reveal(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    reveal_contacts(account, by=person(request), token=request.POST.get("token", ""))
    reveal_for_a_while(request, account)
    messages.info(request, _("Contact details are shown for five minutes. That you looked is on the record."))
    return redirect("account_page", account.reference)
