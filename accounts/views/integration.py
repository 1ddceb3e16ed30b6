"""For creditors' machines: API keys, and the log of notices sent to them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import webhooks
from accounts.api_keys import create_api_key
from accounts.events import record_event
from accounts.forms.people import KeyForm
from accounts.models import ApiKey, WebhookDelivery, WebhookEndpoint
from accounts.models.webhooks import DELIVERY_STATES
from accounts.roles import allowed, person
from accounts.selectors import creditors_visible_to
from accounts.services import caller_of
from common.clock import now
from common.errors import NotFound
from common.keyset import page_of
from common.once import use_token


@require_http_methods(["GET", "POST"])
@allowed("manage_keys")
def key_list(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _make_key(request, form)
        return redirect("key_list")
    keys = ApiKey.objects.select_related("creditor").order_by("revoked_at", "-created_at")
    context = {"form": form, "keys": keys, "new_key": request.session.pop("new_key", None)}
    return render(request, "staff/api_keys.html", context)


@transaction.atomic
def _make_key(request: HttpRequest, form: KeyForm) -> None:
    chosen = form.cleaned_data
    if not use_token(caller_of(person(request)), chosen["token"]):
        return
    row, key = create_api_key(chosen["name"], creditor=chosen["creditor"], scopes=chosen["scopes"])
    request.session["new_key"] = key
    record_event("api_key.created", creditor=row.creditor, actor=person(request), source="staff", prefix=row.prefix)


@require_POST
@allowed("manage_keys")
@transaction.atomic
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    if ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=now()):
        key = ApiKey.objects.get(pk=key_id)
        record_event("api_key.revoked", creditor=key.creditor, actor=person(request), source="staff", prefix=key.prefix)
        messages.success(request, _("The key stopped working."))
    return redirect("key_list")


def visible_deliveries(request: HttpRequest) -> QuerySet[WebhookDelivery]:
    mine = creditors_visible_to(person(request))
    return WebhookDelivery.objects.filter(endpoint__creditor__in=mine).select_related("endpoint__creditor")


@require_GET
@allowed("see_deliveries")
def delivery_list(request: HttpRequest) -> HttpResponse:
    rows = visible_deliveries(request)
    state = request.GET.get("state", "")
    if state in DELIVERY_STATES.states:
        rows = rows.filter(state=state)
    endpoints = WebhookEndpoint.objects.filter(creditor__in=creditors_visible_to(person(request)))
    context = {
        "page": page_of(rows, order=("-id",), cursor=request.GET.get("cursor", "")),
        "endpoints": endpoints.select_related("creditor").order_by("creditor__name", "pk"),
        "state": state,
        "states": DELIVERY_STATES.states,
    }
    return render(request, "staff/deliveries.html", context)


@require_POST
@allowed("see_deliveries")
def delivery_replay(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    delivery = visible_deliveries(request).filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound(_("There is no such notice, or it is not yours to see."))
    if webhooks.replay(delivery):
        messages.success(request, _("The notice goes out again within a minute."))
    else:
        messages.info(request, _("This notice is waiting or under way already."))
    return redirect("delivery_list")
