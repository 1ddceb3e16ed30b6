"""Staff pages about interest, fees and orders of allocation: what counts, asking for another rule, agreeing to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from accounts.roles import allowed, may, person
from common.clock import today
from common.errors import InvalidInput
from payments.accrual.allocation import parse_buckets
from payments.accrual.changing import TABLES, access_change, access_rule, ask_for_rule, decide_change, rule_of
from payments.accrual.previewing import preview
from payments.accrual.words import PRESETS, bucket_words, rule_facts, rule_title, scope_words, standing
from payments.forms_accrual import FIRST, FORMS, EndForm, RuleForm, initial_of
from payments.forms_refunds import NoteForm
from payments.models import AllocationOrder, RuleChange
from payments.models.accrual import Rule
from payments.rule_examples import moved, sample_of, worked_example

KIND_WORDS = dict(RuleChange.Kind.choices)
STATE_TONES = {"requested": "warn", "approved": "good", "rejected": "quiet"}
STANDINGS = ("now", "later", "over")
MOST_PRODUCTS, SHOWN_DECIDED = 50, 10


@require_GET
@allowed("see_rules")
def rule_list(request: HttpRequest) -> HttpResponse:
    changes = RuleChange.objects.select_related("requested_by", "decided_by").order_by("-pk")
    context = {
        "groups": [(kind, KIND_WORDS[kind], _by_standing(kind)) for kind in TABLES],
        "waiting": [_change_row(change) for change in changes.filter(state="requested")],
        "decided": [_change_row(change) for change in changes.exclude(state="requested")[:SHOWN_DECIDED]],
        "may_ask": may(request.user, "configure"),
    }
    return render(request, "staff/rules.html", context)


def _by_standing(kind: str) -> dict[str, list[dict[str, Any]]]:
    rows = TABLES[kind]._default_manager.select_related("creditor")
    ordered = rows.order_by("creditor__name", "product", "country", "effective_from", "pk")
    shown: dict[str, list[dict[str, Any]]] = {name: [] for name in STANDINGS}
    for rule in ordered:
        shown[standing(rule, today())].append(_rule_row(rule))
    return shown


def _rule_row(rule: Rule) -> dict[str, Any]:
    return {"rule": rule, "title": rule_title(rule), "scope": scope_words(rule)}


def _change_row(change: RuleChange) -> dict[str, Any]:
    said = rule_of(change.kind, change.terms or change.ended)
    return {
        "change": change,
        "title": rule_title(said),
        "scope": scope_words(said),
        "tone": STATE_TONES[change.state],
    }


@require_GET
@allowed("see_rules")
def rule_page(request: HttpRequest, kind: str, rule_id: int) -> HttpResponse:
    rule = access_rule(kind, rule_id)
    changes = RuleChange.objects.select_related("requested_by", "decided_by").filter(kind=kind, state="approved")
    context = {
        **_rule_row(rule),
        "kind": kind,
        "kind_words": KIND_WORDS[kind],
        "standing": standing(rule, today()),
        "facts": rule_facts(rule),
        "buckets": _buckets_of(rule),
        "history": [row for row in changes.order_by("pk") if rule.pk in (row.made, row.replaces)],
        "may_ask": may(request.user, "configure") and standing(rule, today()) != "over",
    }
    return render(request, "staff/rule.html", context)


def _buckets_of(rule: Rule) -> list[str]:
    return [bucket_words(one) for one in parse_buckets(rule.buckets)] if isinstance(rule, AllocationOrder) else []


@require_http_methods(["GET", "POST"])
@allowed("configure")
def rule_new(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in TABLES:
        raise Http404
    return _edit(request, kind, None)


@require_http_methods(["GET", "POST"])
@allowed("configure")
def rule_change(request: HttpRequest, kind: str, rule_id: int) -> HttpResponse:
    """What is asked for follows the rule from its first day on; the rule itself is not changed."""
    return _edit(request, kind, access_rule(kind, rule_id))


def _edit(request: HttpRequest, kind: str, replaces: Rule | None) -> HttpResponse:
    asked, act = request.method == "POST", request.POST.get("act", "")
    first = initial_of(replaces) if replaces else FIRST[kind]
    form = FORMS[kind](request.POST) if asked and not act else FORMS[kind](initial=_typed(request, kind, act) or first)
    if asked and not act and form.is_valid():
        change = _asked(request, form, kind, replaces)
        if not form.errors:
            return redirect("rule_request", change.reference) if change else redirect("rule_list")
    sample = sample_of(kind, request.POST if asked else None)
    probe = request.POST if asked and not act else form.initial
    context = {
        "form": form,
        "kind": kind,
        "kind_words": KIND_WORDS[kind],
        "replaces": _rule_row(replaces) if replaces else None,
        "sample": sample,
        "example": worked_example(kind, probe, sample),
        "presets": PRESETS.values(),
        "act": act,
        "products": Account.objects.order_by("product").values_list("product", flat=True).distinct()[:MOST_PRODUCTS],
        **_order_context(kind, form),
    }
    return render(request, "staff/rule_edit.html", context, status=422 if asked and not act else 200)


def _typed(request: HttpRequest, kind: str, act: str) -> dict[str, Any] | None:
    """What stands in the form, with the buckets moved or a law's order put in: to be shown again, not yet judged."""
    if not act:
        return None
    typed: dict[str, Any] = request.POST.dict()
    typed["runs_during"] = request.POST.getlist("runs_during")
    typed["follows_debtor"] = "follows_debtor" in request.POST
    return moved(typed, act) if kind == "order" else typed


def _order_context(kind: str, form: RuleForm) -> dict[str, Any]:
    if kind != "order":
        return {}
    texts = str(form["buckets"].value()).split(",")
    try:
        buckets = parse_buckets(texts)
    except InvalidInput:
        buckets = parse_buckets(str(FIRST["order"]["buckets"]).split(","))
    rows = [(f"{timing}:{name}", bucket_words((timing, name))) for timing, name in buckets]
    return {"rows": rows, "buckets": ",".join(text for text, _words in rows)}


def _asked(request: HttpRequest, form: RuleForm, kind: str, replaces: Rule | None) -> RuleChange | None:
    said = form.cleaned_data
    try:
        change = ask_for_rule(
            kind,
            form.rule(),
            day=said["effective_from"],
            reason=said["reason"],
            by=person(request),
            replaces=replaces,
            token=said["token"],
        )
    except InvalidInput as error:
        field = "effective_from" if error.field == "day" else error.field
        form.add_error(field if field in form.fields else None, error.message)
        return None
    if change:
        messages.success(request, _("Asked for. Nothing changes for anybody until a second person agrees."))
    return change


@require_http_methods(["GET", "POST"])
@allowed("configure")
def rule_end(request: HttpRequest, kind: str, rule_id: int) -> HttpResponse:
    rule = access_rule(kind, rule_id)
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            change = ask_for_rule(kind, None, by=person(request), replaces=rule, **form.cleaned_data)
        except InvalidInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("Asked for. Nothing changes for anybody until a second person agrees."))
            return redirect("rule_request", change.reference) if change else redirect("rule_list")
    context = {**_rule_row(rule), "kind": kind, "form": form}
    return render(request, "staff/rule_end.html", context, status=422 if form.errors else 200)


@require_GET
@allowed("see_rules")
def rule_request(request: HttpRequest, reference: str) -> HttpResponse:
    change = access_change(reference)
    asked = rule_of(change.kind, change.terms) if change.terms else None
    ended = rule_of(change.kind, change.ended) if change.ended else None
    context = {
        **_change_row(change),
        "kind_words": KIND_WORDS[change.kind],
        "asked": asked,
        "facts": rule_facts(asked) if asked else [],
        "buckets": _buckets_of(asked) if asked else [],
        "ended": ended,
        "ended_title": rule_title(ended) if ended else "",
        "ended_facts": rule_facts(ended) if ended else [],
        "is_past": change.day < today(),
        "preview": preview(change) if change.state == "requested" else None,
        "own": change.requested_by_id == person(request).pk,
        "may_decide": may(request.user, "configure") and change.state == "requested",
        "note_form": NoteForm(auto_id="note_%s"),
    }
    return render(request, "staff/rule_request.html", context)


@require_POST
@allowed("configure")
def rule_decide(request: HttpRequest, reference: str) -> HttpResponse:
    change = access_change(reference)
    agree = request.POST.get("answer") == "yes"
    try:
        decide_change(change, by=person(request), agree=agree, note=request.POST.get("note", ""))
    except InvalidInput as error:
        messages.error(request, error.message)
        return redirect("rule_request", change.reference)
    words = _("In force. Accounts it bears on are told again within seconds.") if agree else _("Turned down.")
    messages.success(request, words)
    return redirect("rule_request", change.reference)
