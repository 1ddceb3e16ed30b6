"""When a wallet takes no payment now and certainly nothing was sent: the next able one is offered, all else kept."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.errors import PlatformError
from common.once import new_form_token
from payments.debtor_wallets import instead_of
from payments.forms_debtor import PayForm
from payments.views_debtor.doors import Visit
from payments.views_debtor.landing import show_landing, situation_at
from wallets.models import Provider
from wallets.providers.base import ConfigError, NotSent, RateLimited, Unsupported
from wallets.selectors import ProviderNotOffered

# Each of these is raised before a byte of a payment left us, or says that it was refused unread.
CERTAIN = (ProviderNotOffered, NotSent, ConfigError, RateLimited, Unsupported)
# What these say is made for the payer; the others speak of our network and settings.
PLAIN = (ProviderNotOffered, Unsupported)


def offer_another(request: HttpRequest, visit: Visit, form: PayForm, error: PlatformError) -> HttpResponse:
    """The pay page once more: amount and ticks as chosen, the wallet that failed last, the next one first.

    The form gets a new key: the old one belongs to a payment that is closed.
    """
    failed = form.cleaned_data["provider"]
    situation = situation_at(request, visit)
    situation = replace(situation, wallets=instead_of(failed, situation.wallets, form.money))
    form.data = {**{name: form.data[name] for name in form.data}, "request_key": new_form_token()}
    able = [wallet.provider for wallet in situation.wallets if wallet.takes(form.money)]
    others = [provider.display_name for provider in able if provider.key != failed]
    notice = " ".join([_why(failed, error), *_next(others, error)])
    status = error.status if isinstance(error, PLAIN) else 503
    return show_landing(request, visit, form=form, notice=notice, status=status, situation=situation)


def _why(failed: str, error: PlatformError) -> str:
    if isinstance(error, PLAIN):
        return error.message
    provider = Provider.objects.filter(key=failed).first()
    words = _("%(wallet)s cannot be reached just now. No money has moved.")
    return words % {"wallet": provider.display_name if provider else failed}


def _next(others: list[str], error: PlatformError) -> list[str]:
    if others:
        return [_("You can pay the same amount with %(wallet)s now.") % {"wallet": others[0]}]
    return [] if isinstance(error, PLAIN) else [_("Try again in a moment.")]
