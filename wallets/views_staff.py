"""The provider register: who may take money, when that was last reviewed, and the switch."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import allowed, person
from common.clock import today
from common.errors import NotFound
from wallets.forms import ProviderStatusForm
from wallets.models import Provider
from wallets.register_services import set_provider_status

STATUS_WORDS = {
    "draft": gettext_lazy("not vetted yet"),
    "vetted": gettext_lazy("vetted"),
    "switched_off": gettext_lazy("switched off"),
}
EFFECTS = {
    "switched_off": [
        gettext_lazy("From this moment nobody is offered this wallet, and no agreed debit runs through it."),
        gettext_lazy("Payments already under way are still looked up until their fate is known."),
    ],
    "vetted": [gettext_lazy("Debtors are offered this wallet again, and agreed debits go on.")],
}


@require_GET
@allowed("configure")
def provider_list(request: HttpRequest) -> HttpResponse:
    live = Count("mandates", filter=Q(mandates__state__in=["active", "paused"]))
    rows = [
        {
            "provider": provider,
            "words": STATUS_WORDS[provider.status],
            "review_late": bool(provider.review_due and provider.review_due <= today()),
            "switch_to": "switched_off" if provider.status == "vetted" else "vetted",
        }
        for provider in Provider.objects.annotate(live_mandates=live)
    ]
    context = {"rows": rows, "sandbox_url": f"{settings.WALLET_SANDBOX_URL}/control/" if settings.SANDBOX else ""}
    return render(request, "staff/providers.html", context)


@require_http_methods(["GET", "POST"])
@allowed("configure")
def provider_switch(request: HttpRequest, key: str, status: str) -> HttpResponse:
    provider = Provider.objects.filter(key=key).first()
    if provider is None or status not in EFFECTS:
        raise NotFound(_("There is no such provider."))
    form = ProviderStatusForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_provider_status(provider, status=status, by=person(request), **form.cleaned_data)
        messages.success(request, _("Done. It holds from this moment."))
        return redirect("provider_list")
    context = {"provider": provider, "status": status, "effects": EFFECTS[status], "form": form}
    return render(request, "staff/provider_switch.html", context)
