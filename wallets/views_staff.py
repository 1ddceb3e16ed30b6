"""The provider register: who may take money, how well each answers, its papers and fees, and the switch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import allowed, person
from common.errors import Conflict, NotFound
from wallets.forms import FeeForm, ProviderForm, ProviderStatusForm
from wallets.gateway import adapter, merchant_in_settings
from wallets.health import Health, health_of
from wallets.models import PROVIDER_STATES, Provider
from wallets.open_work import open_work
from wallets.providers.base import ConfigError
from wallets.register_services import (
    add_provider,
    move_to_merchant,
    set_fee,
    set_provider_status,
    unregistered,
    update_provider,
)
from wallets.words import ABLE

STANDING_WORDS: dict[str, Promise] = {
    "": gettext_lazy("takes money"),
    "not_vetted": gettext_lazy("not vetted yet"),
    "switched_off": gettext_lazy("switched off"),
    "review_overdue": gettext_lazy("review overdue: takes no money"),
}
HEALTH_WORDS: dict[str, Promise] = {
    "quiet": gettext_lazy("too few calls to tell"),
    "well": gettext_lazy("answers well"),
    "shaky": gettext_lazy("shaky"),
    "failing": gettext_lazy("failing"),
}
HEALTH_TONES = {"quiet": "quiet", "well": "good", "shaky": "warn", "failing": "bad"}
ERROR_WORDS: dict[str, Promise] = {
    "not_sent": gettext_lazy("could not be reached"),
    "outcome_unknown": gettext_lazy("no answer in time"),
    "wallet_rate_limited": gettext_lazy("asked too often"),
    "wallet_config": gettext_lazy("our settings or keys"),
    "credentials": gettext_lazy("our access was refused"),
    "provider_down": gettext_lazy("says it is out of order"),
    "no_response": gettext_lazy("says it got no answer itself"),
}
EFFECTS = {
    "switched_off": [
        gettext_lazy("From this moment nobody is offered this wallet, and no agreed debit runs through it."),
        gettext_lazy("Payments that payers have open are ended where the wallet can. What was taken is still booked."),
    ],
    "vetted": [gettext_lazy("Debtors are offered this wallet again, and agreed debits go on.")],
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _row(provider: Provider, hour: Health, day: Health) -> dict[str, Any]:
    return {
        "provider": provider,
        "standing": provider.standing,
        "words": STANDING_WORDS[provider.standing],
        "hour": hour,
        "day": day,
        "health": HEALTH_WORDS[hour.word],
        "tone": HEALTH_TONES[hour.word],
        "error": ERROR_WORDS.get(day.error, day.error),
        "fees": provider.fees.all(),
        "switch_to": "switched_off" if provider.status == "vetted" else "vetted",
    }


def _rows() -> list[dict[str, Any]]:
    live = Count("mandates", filter=Q(mandates__state__in=["active", "paused"]))
    hours, days = health_of(HOUR), health_of(DAY)
    providers = Provider.objects.annotate(live_mandates=live).prefetch_related("fees")
    return [_row(one, hours.get(one.pk, Health()), days.get(one.pk, Health())) for one in providers]


@require_GET
@allowed("configure")
def provider_list(request: HttpRequest) -> HttpResponse:
    sandbox_url = f"{settings.WALLET_SANDBOX_URL}/control/" if settings.SANDBOX else ""
    context = {"rows": _rows(), "sandbox_url": sandbox_url, "unregistered": unregistered().items()}
    return render(request, "staff/providers.html", context)


@require_POST
@allowed("configure")
def provider_add(request: HttpRequest, key: str) -> HttpResponse:
    """A wallet that is installed gets its row in the register, and its papers are written there."""
    provider = add_provider(key, by=person(request))
    messages.success(request, _("Added. It takes no money yet: write down its papers first."))
    return redirect("provider_edit", provider.key)


def _provider(key: str) -> Provider:
    provider = Provider.objects.filter(key=key).first()
    if provider is None:
        raise NotFound(_("There is no such provider."))
    return provider


@require_http_methods(["GET", "POST"])
@allowed("configure")
def provider_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Its papers, places, currencies, review date and order."""
    provider = _provider(key)
    form = ProviderForm(request.POST or None, instance=provider)
    if request.method == "POST" and form.is_valid():
        update_provider(_provider(key), by=person(request), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("provider_edit", key)
    context = {"provider": provider, "form": form, "fee_form": FeeForm(), "fees": provider.fees.all()}
    context["other_merchant"] = _other_merchant(provider)
    context["able"], context["unreadable"] = _able(provider)
    return render(request, "staff/provider_edit.html", context)


def _able(provider: Provider) -> tuple[list[Promise], str]:
    """What the wallet can do as it is set up here, and why that cannot be said."""
    try:
        about = adapter(provider).descriptor
    except ConfigError as error:
        return [], error.message
    return [words for capability, words in ABLE.items() if about.can(capability)], ""


def _other_merchant(provider: Provider) -> str:
    """The account its settings name, when that is another one than we have used until now."""
    try:
        named = merchant_in_settings(provider)
    except ConfigError:
        return ""
    return named if provider.merchant and named != provider.merchant else ""


@require_http_methods(["GET", "POST"])
@allowed("configure")
def provider_merchant(request: HttpRequest, key: str) -> HttpResponse:
    """Moving to the merchant account that the settings name, once nothing is open under the former one."""
    provider = _provider(key)
    form = ProviderStatusForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            move_to_merchant(provider, by=person(request), **form.cleaned_data)
        except Conflict as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Done. It holds from this moment."))
            return redirect("provider_edit", key)
    context = {"provider": provider, "other": _other_merchant(provider), "open": open_work(provider), "form": form}
    return render(request, "staff/provider_merchant.html", context, status=422 if form.errors else 200)


@require_http_methods(["POST"])
@allowed("configure")
def provider_fee(request: HttpRequest, key: str) -> HttpResponse:
    provider = _provider(key)
    form = FeeForm(request.POST)
    if form.is_valid():
        set_fee(provider, by=person(request), **form.values())
        messages.success(request, _("Saved."))
        return redirect("provider_edit", key)
    context = {
        "provider": provider,
        "form": ProviderForm(instance=provider),
        "fee_form": form,
        "fees": provider.fees.all(),
    }
    return render(request, "staff/provider_edit.html", context, status=422)


@require_http_methods(["GET", "POST"])
@allowed("configure")
def provider_switch(request: HttpRequest, key: str, status: str) -> HttpResponse:
    provider = _provider(key)
    if status not in EFFECTS or not PROVIDER_STATES.allows(provider.status, status):
        raise NotFound(_("There is no such step for this provider."))
    form = ProviderStatusForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_provider_status(provider, status=status, by=person(request), **form.cleaned_data)
        messages.success(request, _("Done. It holds from this moment."))
        return redirect("provider_list")
    context = {"provider": provider, "status": status, "effects": EFFECTS[status], "form": form}
    return render(request, "staff/provider_switch.html", context)
