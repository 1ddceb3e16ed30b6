"""Paying in parts by automatic debit: choose a plan that fits, read its terms, agree to them.

Signing in the wallet and everything after it is `mandates`.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Account
from common.client_address import client_ip
from common.errors import InvalidInput, NotFound
from common.once import new_form_token
from payments.debtor_plans import (
    PERIOD_DAYS,
    ReadyPlan,
    agree_to_plan,
    chosen_plan,
    evidence_of,
    first_days,
    plan_to_cover,
    ready_plans,
    refuse_second_plan,
    terms_of_plan,
)
from payments.debtor_wallets import agreement_wallets, purse_of
from payments.debtor_withheld import standing_words
from payments.forms_debtor import AgreeForm, PlanChoiceForm
from payments.services.checks import refuse_unpayable
from payments.views_debtor.devices import app_of, channel_of
from payments.views_debtor.doors import SeeOther, Visit, behind_identity, debtor_page, show
from payments.views_debtor.frame import agency_of
from payments.views_debtor.mandates import sign
from wallets.models import Mandate, Provider
from wallets.providers.base import Capability, Channel
from wallets.selectors import Offer, chargeable_method, live_mandate
from wallets.services import Terms


def _wallets(request: HttpRequest, visit: Visit) -> list[Offer]:
    return agreement_wallets(visit.account, channel_of(request), app_of(request))


@debtor_page
@behind_identity
def mandate_offer(request: HttpRequest, visit: Visit) -> HttpResponse:
    account = visit.account
    if mandate := live_mandate(account):
        return SeeOther(visit.url("mandate_page", mandate.reference))
    refuse_unpayable(account)
    wallets = _wallets(request, visit)
    offer = _chosen(wallets, request.GET.get("wallet", ""))
    if offer and (covered := plan_to_cover(account, unit_of(offer), standing=debits_itself(offer))):
        return _show_terms(request, visit, covered, AgreeForm(), wallet=offer)
    refuse_second_plan(account)
    days = first_days(account.debtor.time_zone)
    wanted = request.GET.get("first", "")
    first_on = next((day for day in days if day.isoformat() == wanted), days[0])
    plans = ready_plans(account, first_on, **rules_of(offer, account)) if offer else []
    own, wrong = _own_plan(request, account, first_on, offer)
    context: dict[str, Any] = {"own": own, "wrong": wrong, "count": request.GET.get("count", "")}
    context["custom"] = offer is not None and not debits_itself(offer)
    context |= {"days": days, "first_on": first_on, "plans": plans, "every": PERIOD_DAYS, "wallets": wallets}
    context["wallet"] = offer
    purse = purse_of(account, channel_of(request), app_of(request)) if not plans else None
    context["payable"] = purse is None or bool(purse.offered)
    context["unfit"] = [] if wallets else unfit_for_agreements(account)
    context["situation"] = purse
    return show(request, visit, "plan_offer", context)


def _own_plan(
    request: HttpRequest, account: Account, first_on: date, offer: Offer | None
) -> tuple[ReadyPlan | None, str]:
    """The plan with the number of payments they ask for, or why there is none and what would fit."""
    asked = request.GET.get("count", "").strip()
    if not asked or offer is None:
        return None, ""
    if not asked.isascii() or not asked.isdigit() or len(asked) > 3:
        return None, _("Write a whole number of payments, such as 8.")
    try:
        return chosen_plan(account, count=int(asked), first_on=first_on, **rules_of(offer, account)), ""
    except InvalidInput as error:
        return None, str(error.message)


@debtor_page
@behind_identity
def mandate_terms(request: HttpRequest, visit: Visit) -> HttpResponse:
    choice = PlanChoiceForm(request.GET)
    if not choice.is_valid():
        return SeeOther(visit.url("mandate_offer"))
    offer = _chosen(_wallets(request, visit), choice.cleaned_data["wallet"])
    if offer is None:
        raise NotFound(_("This wallet is not offered now. Choose another one."))
    return _show_terms(request, visit, _plan_of(visit, choice, offer), AgreeForm(), wallet=offer)


def unfit_for_agreements(account: Account) -> list[tuple[Provider, str]]:
    """Wallets that would make agreements in this currency and take no money now, each with the reason."""
    known = Provider.objects.filter(currencies__contains=[account.currency])
    return [(provider, words) for provider in known if (words := standing_words(provider))]


def _chosen(wallets: list[Offer], key: str) -> Offer | None:
    """The wallet that is named, else the first: its rules decide how a plan's dates are counted."""
    first = wallets[0] if wallets else None
    return next((offer for offer in wallets if offer.provider.key == key), first)


def unit_of(offer: Offer) -> str:
    return offer.descriptor.mandate_period.value


def debits_itself(offer: Offer) -> bool:
    return offer.descriptor.can(Capability.PROVIDER_SCHEDULED)


def rules_of(offer: Offer, account: Account) -> dict[str, Any]:
    """What the wallet asks of a plan: see `ready_plans`."""
    step = offer.descriptor.step(account.currency)
    return {"unit": unit_of(offer), "step": step, "standing": debits_itself(offer)}


def _plan_of(visit: Visit, form: PlanChoiceForm, offer: Offer) -> ReadyPlan:
    chosen, rules = form.cleaned_data, rules_of(offer, visit.account)
    standing = rules["standing"]
    covered = plan_to_cover(visit.account, rules["unit"], standing=standing) if chosen.get("cover") else None
    return covered or chosen_plan(visit.account, count=chosen["count"], first_on=chosen["first"], **rules)


def _terms(visit: Visit, plan: ReadyPlan) -> Terms:
    return terms_of_plan(visit.account, plan, agency=agency_of(visit.account.creditor))


def fingerprint(terms: Terms) -> str:
    return hashlib.sha256(terms.text.encode()).hexdigest()


def _show_terms(
    request: HttpRequest, visit: Visit, plan: ReadyPlan, form: AgreeForm, *, wallet: Offer, status: int = 200
) -> HttpResponse:
    terms = _terms(visit, plan)
    context = {
        "plan": plan,
        "form": form,
        "wallet": wallet,
        "saved": chargeable_method(visit.account.debtor_id, wallet.provider),
        "others": [one for one in _wallets(request, visit) if one.provider.pk != wallet.provider.pk],
        "terms": terms,
        "shown": fingerprint(terms),
        "request_key": form.data.get("request_key") or new_form_token(),
    }
    return show(request, visit, "plan_terms", context, status)


@debtor_page
@behind_identity
def mandate_start(request: HttpRequest, visit: Visit) -> HttpResponse:
    form = AgreeForm(request.POST)
    if request.method != "POST" or {"count", "first", "provider", "request_key"} & set(form.errors):
        return SeeOther(visit.url("mandate_offer"))
    offer = next((one for one in _wallets(request, visit) if one.provider.key == form.cleaned_data["provider"]), None)
    if offer is None:
        raise NotFound(_("This wallet is not offered now. Choose another one."))
    plan = _plan_of(visit, form, offer)
    if form.is_valid() and form.cleaned_data["shown"] != fingerprint(_terms(visit, plan)):
        form.add_error(None, _("The amounts or the language have changed since. These are the terms as they are now."))
    if not form.is_valid():
        return _show_terms(request, visit, plan, form, wallet=offer, status=422)
    refuse_unpayable(visit.account)
    mandate = _agree(request, visit, plan, form)
    if offer.descriptor.returns_to_referrer and channel_of(request) is Channel.PHONE:
        # The wallet leads back to the page it was opened from: that has to be the agreement's own.
        return SeeOther(visit.url("mandate_page", mandate.reference))
    return sign(request, visit, mandate)


def _agree(request: HttpRequest, visit: Visit, plan: ReadyPlan, form: AgreeForm) -> Mandate:
    if not plan.covers:
        refuse_second_plan(visit.account)
    return agree_to_plan(
        visit.account,
        plan,
        provider_key=form.cleaned_data["provider"],
        terms=_terms(visit, plan),
        evidence=evidence_of(
            ip=client_ip(request),
            user_agent=request.headers.get("User-Agent", ""),
            form=form.cleaned_data["request_key"],
            link=visit.link.pk,
        ),
    )
