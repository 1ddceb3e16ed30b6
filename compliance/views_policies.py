"""Policy packs: what is in force, what waits for a signature, one version in words, and proposing another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms.tokens import OnceForm
from accounts.models import User
from accounts.roles import allowed, may, person
from accounts.services import caller_of
from common.errors import Conflict, NotFound
from common.once import use_token
from compliance.forms import EndForm, SignForm, UploadForm
from compliance.models import PACK_STATES, PolicyPack
from compliance.pack_register import pack_from, put_in_force, sign_off, supersede
from compliance.packs.errors import PackError
from compliance.proposing import propose_file
from compliance.told.comparison import compare
from compliance.told.packs import (
    STATE_WORDS,
    confidence_of,
    first_day,
    head_facts,
    last_day,
    place_words,
    told,
)

ORDER = {"in_force": 0, "signed_off": 1, "draft": 2, "superseded": 3}
PEOPLE = ("proposed_by", "signed_by", "put_in_force_by", "ended_by")


@require_GET
@allowed("see_policies")
def policy_list(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    rows = list(PolicyPack.objects.select_related(*PEOPLE))
    shown = [row for row in rows if row.state == state] if state in STATE_WORDS else rows
    context = {
        "rows": [_row(row) for row in sorted(shown, key=lambda one: (one.pack_id, ORDER[one.state], -one.pk))],
        "states": [(name, STATE_WORDS[name][0], sum(row.state == name for row in rows)) for name in PACK_STATES.states],
        "state": state,
        "total": len(rows),
        "may_propose": may(request.user, "configure"),
    }
    return render(request, "staff/policies.html", context)


def _row(row: PolicyPack) -> dict[str, Any]:
    pack = pack_from(row)
    words, tone, icon = STATE_WORDS[row.state]
    return {
        "row": row,
        "title": row.title or row.pack_id,
        "place": place_words(pack),
        "state": words,
        "tone": tone,
        "icon": icon,
        "first": first_day(pack),
        "last": last_day(pack),
        "rules": len(pack.rules),
        "confidence": confidence_of(pack),
    }


def access_policy(policy_id: int) -> PolicyPack:
    row = PolicyPack.objects.select_related(*PEOPLE).filter(pk=policy_id).first()
    if row is None:
        raise NotFound(_("There is no such version of a policy."))
    return row


@require_GET
@allowed("see_policies")
def policy_page(request: HttpRequest, policy_id: int) -> HttpResponse:
    row = access_policy(policy_id)
    pack, user = pack_from(row), person(request)
    others = [one for one in PolicyPack.objects.filter(pack_id=row.pack_id).order_by("-pk") if one.pk != row.pk]
    against = _against(row, others)
    context = {
        **_row(row),
        "facts": head_facts(pack),
        "told": [told(rule) for rule in pack.rules],
        "others": [(one, STATE_WORDS[one.state]) for one in others],
        "against": against,
        "comparison": compare(pack_from(against), pack) if against else None,
        "sign_form": SignForm(initial={"read": row.digest}) if _may_sign(row, user) else None,
        "own": row.proposed_by_id == user.pk,
        "signed_it": row.signed_by_id == user.pk,
        "once": OnceForm(auto_id=False),
        "may_put_in_force": row.state == "signed_off" and may(user, "put_policies_in_force"),
        "end_form": EndForm(auto_id="end_%s") if _may_end(row, user) else None,
    }
    return render(request, "staff/policy.html", context)


def _against(row: PolicyPack, others: list[PolicyPack]) -> PolicyPack | None:
    """The version in force; for the one in force itself, the one before it."""
    in_force = next((one for one in others if one.state == "in_force"), None)
    return in_force or next((one for one in others if one.pk < row.pk), None)


def _may_sign(row: PolicyPack, user: User) -> bool:
    return row.state == "draft" and may(user, "sign_policies") and row.proposed_by_id != user.pk


def _may_end(row: PolicyPack, user: User) -> bool:
    return PACK_STATES.allows(row.state, "superseded") and may(user, "put_policies_in_force")


@require_GET
@allowed("see_policies")
def policy_compare(request: HttpRequest, policy_id: int, other_id: int) -> HttpResponse:
    """The older version against the newer."""
    before, after = sorted((access_policy(policy_id), access_policy(other_id)), key=lambda one: one.pk)
    if before.pack_id != after.pack_id:
        raise NotFound(_("Only versions of one policy can be compared."))
    context = {"before": before, "after": after, "comparison": compare(pack_from(before), pack_from(after))}
    return render(request, "staff/policy_compare.html", context)


@require_GET
@allowed("see_policies")
def policy_file(request: HttpRequest, policy_id: int) -> HttpResponse:
    """The version as a file, to be changed and proposed under another version."""
    row = access_policy(policy_id)
    body = {key: row.body[key] for key in ("schema", "pack", "rules")}
    text = yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=110)
    name = f"{row.pack_id}-{row.version}.yaml"
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "POST"])
@allowed("configure")
def policy_propose(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    problem: PackError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            rows = _proposed(request, form)
        except PackError as error:
            problem = error
            form.add_error("file", _("Nothing was kept. %(problem)s") % {"problem": error.problem})
        except Conflict as error:
            form.add_error("file", error.message)
        else:
            return redirect("policy_page", rows[0].pk) if len(rows) == 1 else redirect("policy_list")
    context = {"form": form, "problem": problem}
    return render(request, "staff/policy_propose.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _proposed(request: HttpRequest, form: UploadForm) -> list[PolicyPack]:
    """None when the form came before."""
    if not use_token(caller_of(person(request)), form.cleaned_data["token"]):
        return []
    rows = propose_file(form.cleaned_data["file"], by=person(request))
    messages.success(request, _("Kept as a draft. It decides nothing until it is signed off and put in force."))
    return rows


@transaction.atomic
def _once(request: HttpRequest, change: Callable[[], object], done: str) -> None:
    """A form that comes twice is acted on once."""
    if use_token(caller_of(person(request)), request.POST.get("token", "")):
        change()
        messages.success(request, done)


@require_POST
@allowed("sign_policies")
def policy_sign(request: HttpRequest, policy_id: int) -> HttpResponse:
    row, form, user = access_policy(policy_id), SignForm(request.POST), person(request)
    if form.is_valid():
        said = form.cleaned_data
        done = _("Signed off. Somebody else can now put it in force.")
        _once(request, lambda: sign_off(row, by=user, note=said["note"], read=said["read"]), done)
    else:
        messages.error(request, _("Say what you have checked: the note stays with the signature."))
    return redirect("policy_page", row.pk)


@require_POST
@allowed("put_policies_in_force")
def policy_force(request: HttpRequest, policy_id: int) -> HttpResponse:
    row, user = access_policy(policy_id), person(request)
    _once(request, lambda: put_in_force(row, by=user), _("In force. It decides from now on."))
    return redirect("policy_page", row.pk)


@require_POST
@allowed("put_policies_in_force")
def policy_end(request: HttpRequest, policy_id: int) -> HttpResponse:
    row, form, user = access_policy(policy_id), EndForm(request.POST), person(request)
    if form.is_valid():
        said = form.cleaned_data
        _once(
            request,
            lambda: supersede(row, by=user, reason=said["reason"]),
            _("Taken back. It decides nothing any more."),
        )
    else:
        messages.error(request, _("Say why, in a few words."))
    return redirect("policy_page", row.pk)
