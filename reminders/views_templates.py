"""The words of messages: what is sent, what waits for a second person, writing another version, and the way back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account, User
from accounts.roles import allowed, may, person
from accounts.selectors import accounts_visible_to
from common.errors import InvalidInput, NotFound
from common.templatetags.frame import OWN_NAMES
from reminders.dispatch.content import text_for
from reminders.forms import DecisionForm
from reminders.forms_templates import TemplateFilters, TextForm, words_of_variables
from reminders.message_texts.difference import difference
from reminders.message_texts.framed import POLICY, document_of, keep_document
from reminders.message_texts.lint import Linted, lint
from reminders.message_texts.places import Place, is_place, shipped_places, standing, text_name, versions_of
from reminders.message_texts.previewing import Preview, accounts_to_show, previews
from reminders.message_texts.services import approve_text, bring_back_text, refuse_text, write_text
from reminders.models import Template
from reminders.rendering.texts import WORDS_OF_CHANNEL, TemplateText, default_text
from reminders.words import CHANNEL_NAMES


@require_GET
@allowed("see_schedules")
def template_list(request: HttpRequest) -> HttpResponse:
    filters = TemplateFilters(request.GET or {"language": request.LANGUAGE_CODE})
    found: dict[Place, list[Template]] = defaultdict(list)
    for row in filters.apply(Template.objects.select_related("written_by", "approved_by").order_by("-version")):
        found[Place.of(row)].append(row)
    if not filters.only_waiting:
        for place in shipped_places(*filters.shown):
            found.setdefault(place, [])
    rows = [_row(place, versions) for place, versions in found.items()]
    waiting = [row for row in rows if row["waiting"]]
    if filters.only_waiting:
        rows = waiting
    context = {
        "filters": filters,
        "rows": sorted(rows, key=lambda row: (not row["waiting"], row["name"], row["way"], row["place"].language)),
        "waiting": len(waiting),
    }
    return render(request, "staff/templates.html", context)


def _row(place: Place, versions: list[Template]) -> dict[str, Any]:
    in_force = next((one for one in versions if one.approved_at), None)
    return {
        "place": place,
        "name": text_name(place.key),
        "way": str(CHANNEL_NAMES[place.channel]),
        "language": OWN_NAMES.get(place.language, place.language),
        "in_force": in_force,
        "waiting": [one for one in versions if standing(one, in_force) == "waiting"],
    }


def _place(key: str, channel: str, language: str) -> Place:
    place = Place(key, channel, language)
    if channel not in CHANNEL_NAMES or not is_place(place):
        raise NotFound(_("There is no such text."))
    return place


@require_GET
@allowed("see_schedules")
def template_page(request: HttpRequest, key: str, channel: str, language: str) -> HttpResponse:
    place = _place(key, channel, language)
    versions = list(versions_of(place))
    in_force = next((one for one in versions if one.approved_at), None)
    asked = request.GET.get("version", "")
    shown = next((one for one in versions if str(one.version) == asked), in_force)
    text = _text(shown) if shown else _unwritten(place)
    context = {
        **_row(place, versions),
        "shown": shown,
        "text": text,
        "versions": [(one, standing(one, in_force)) for one in versions],
        "standing": standing(shown, in_force) if shown else "",
        "changed": difference(in_force.body, shown.body) if in_force and shown and shown != in_force else None,
        "own": bool(shown and shown.written_by_id == person(request).pk),
        "may_edit": may(request.user, "configure"),
        "form": DecisionForm(auto_id="decide_%s"),
        **_looked_at(request, place, text),
    }
    return render(request, "staff/template.html", context)


def _looked_at(request: HttpRequest, place: Place, text: TemplateText) -> dict[str, Any]:
    linted = lint(text, key=place.key, channel=place.channel, language=place.language)
    return {
        "lint": linted,
        "previews": _previews(request, place, text, linted),
        "variables": words_of_variables(place),
        "account": request.POST.get("account") or request.GET.get("account", ""),
    }


def _previews(request: HttpRequest, place: Place, text: TemplateText, linted: Linted) -> list[Preview]:
    """Filled from the account that was asked for, else from a few; not at all while the text cannot be filled."""
    found = [] if linted.blocking else previews(place, text, _accounts(request, place))
    return [_framed(one, person(request)) for one in found]


def _framed(preview: Preview, user: User) -> Preview:
    html = preview.content.html if preview.content else ""
    return replace(preview, framed=keep_document(html, user=user)) if html else preview


@require_GET
@allowed("see_schedules")
@xframe_options_sameorigin
def template_framed(request: HttpRequest, token: str) -> HttpResponse:
    """The document of a preview, for its frame alone."""
    html = document_of(token, user=person(request))
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    if html is None:
        gone = _("This preview is no longer kept. Look at the text again.")
        return HttpResponse(gone, content_type="text/plain; charset=utf-8", status=404, headers=headers)
    return HttpResponse(html, headers=headers)


def _accounts(request: HttpRequest, place: Place) -> list[Account]:
    reference = (request.POST.get("account") or request.GET.get("account", "")).strip()
    if not reference:
        return accounts_to_show(place)
    rows: Any = accounts_visible_to(person(request))
    return list(rows.by_reference(reference).select_related("debtor", "creditor"))


def _unwritten(place: Place) -> TemplateText:
    """What is sent as long as nobody has written a version: WhatsApp then says what text messages say."""
    if place.channel in WORDS_OF_CHANNEL:
        return text_for(place.key, channel=place.channel, language=place.language)
    return default_text(place.key, channel=place.channel, language=place.language)


def _text(row: Template) -> TemplateText:
    return TemplateText(body=row.body, subject=row.subject, button=row.button)


@require_http_methods(["GET", "POST"])
@allowed("configure")
def template_edit(request: HttpRequest, key: str, channel: str, language: str) -> HttpResponse:
    """`act=look` shows what would be read; nothing is kept by looking."""
    place = _place(key, channel, language)
    in_force = versions_of(place).filter(approved_at__isnull=False).first()
    first = _text(in_force) if in_force else _unwritten(place)
    initial = {"subject": first.subject, "button": first.button, "body": first.body}
    asked = request.method == "POST"
    form = TextForm(request.POST if asked else None, initial=initial, place=place)
    looking = request.POST.get("act") == "look"
    if looking:
        form.fields["why"].required = False
    if asked and form.is_valid() and not looking:
        row = _written(request, form, place)
        if not form.errors:
            return _to(row) if row else redirect("template_page", *place.as_fields().values())
    text = form.text() if asked and form.is_valid() else first
    context = {
        **_row(place, []),
        "form": form,
        "looking": looking,
        "in_force": in_force,
        "changed": difference(first.body, text.body) if asked else None,
        **_looked_at(request, place, text),
    }
    return render(request, "staff/template_edit.html", context, status=422 if form.errors else 200)


def _written(request: HttpRequest, form: TextForm, place: Place) -> Template | None:
    said = form.cleaned_data
    try:
        row = write_text(place, form.text(), why=said["why"], by=person(request), token=said["token"])
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    if row:
        messages.success(request, _("Kept. Nothing changes for anybody until a second person approves it."))
    return row


def _to(row: Template) -> HttpResponse:
    address = redirect("template_page", row.key, row.channel, row.language)
    address["Location"] += f"?version={row.version}"
    return address


def _approve(row: Template, user: User, data: dict[str, str]) -> str:
    approve_text(row, by=user, token=data["token"])
    return _("Approved. Messages say this from now on.")


def _refuse(row: Template, user: User, data: dict[str, str]) -> str:
    refuse_text(row, by=user, **data)
    return _("Turned down. What is sent stays as it is.")


def _bring_back(row: Template, user: User, data: dict[str, str]) -> str:
    bring_back_text(row, by=user, **data)
    return _("These words are sent again from now on.")


DECISIONS: dict[str, Callable[[Template, User, dict[str, str]], str]] = {
    "approve": _approve,
    "refuse": _refuse,
    "bring_back": _bring_back,
}


@require_POST
@allowed("configure")
def template_decide(request: HttpRequest, template_id: int) -> HttpResponse:
    row = Template.objects.filter(pk=template_id).first()
    if row is None:
        raise NotFound(_("There is no such text."))
    answer = request.POST.get("answer", "")
    form = DecisionForm(request.POST)
    if answer == "approve":
        form.fields["reason"].required = False
    if answer not in DECISIONS or not form.is_valid():
        messages.error(request, _("Say why, in a few words."))
        return _to(row)
    messages.success(request, DECISIONS[answer](row, person(request), form.cleaned_data))
    return redirect("template_page", row.key, row.channel, row.language)


@require_GET
@allowed("see_schedules")
def template_compare(request: HttpRequest, template_id: int, other_id: int) -> HttpResponse:
    """The older version against the newer."""
    rows = Template.objects.select_related("written_by", "approved_by").filter(pk__in=[template_id, other_id])
    before, after = sorted(rows, key=lambda row: row.version) if len(rows) == 2 else (None, None)
    if before is None or after is None or Place.of(before) != Place.of(after):
        raise NotFound(_("Only versions of one text can be compared."))
    parts = [
        (label, difference(getattr(before, field), getattr(after, field)))
        for field, label in (("subject", _("Subject")), ("button", _("Button")), ("body", _("Text")))
        if getattr(before, field) or getattr(after, field)
    ]
    context = {**_row(Place.of(after), []), "before": before, "after": after, "parts": parts}
    return render(request, "staff/template_compare.html", context)
