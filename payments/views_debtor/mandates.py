"""Paying in parts by automatic debit: choose a plan, read the terms, sign in the wallet, end it at any time."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Account
from common.client_address import client_ip
from common.errors import NotFound, PlatformError
from common.ids import row_id_of
from common.once import new_form_token
from payments.debtor_plans import (
    PERIOD_DAYS,
    ReadyPlan,
    agree_to_plan,
    chosen_plan,
    end_agreement,
    evidence_of,
    first_days,
    plan_to_cover,
    ready_plans,
    refuse_second_plan,
    terms_of_plan,
)
from payments.debtor_wallets import agreement_wallets
from payments.forms_debtor import AgreeForm, PhoneForm, PlanChoiceForm
from payments.models import Plan
from payments.retries.selectors import planned_retry
from payments.services.checks import refuse_unpayable
from payments.views_debtor.codes import Step, step_for
from payments.views_debtor.devices import channel_of
from payments.views_debtor.doors import SeeOther, ToTheWallet, Visit, behind_identity, debtor_page, show
from payments.views_debtor.frame import agency_of
from payments.views_debtor.phones import phone_form
from wallets.gateway import adapter
from wallets.models import Mandate
from wallets.providers.base import Capability, Channel, ConfigError
from wallets.selectors import Offer, chargeable_method, live_mandate
from wallets.services import (
    Terms,
    pause_mandate,
    refresh_mandate,
    resume_mandate,
    sign_with_saved_wallet,
    start_mandate,
)
from wallets.words import how_to_end


def _wallets(visit: Visit) -> list[Offer]:
    return agreement_wallets(visit.account)


@debtor_page
@behind_identity
def mandate_offer(request: HttpRequest, visit: Visit) -> HttpResponse:
    account = visit.account
    if mandate := live_mandate(account):
        return SeeOther(visit.url("mandate_page", mandate.reference))
    refuse_unpayable(account)
    wallets = _wallets(visit)
    offer = _chosen(wallets, request.GET.get("wallet", ""))
    if offer and (covered := plan_to_cover(account, unit_of(offer), standing=debits_itself(offer))):
        return _show_terms(request, visit, covered, AgreeForm(), wallet=offer)
    refuse_second_plan(account)
    days = first_days(account.debtor.time_zone)
    wanted = request.GET.get("first", "")
    first_on = next((day for day in days if day.isoformat() == wanted), days[0])
    plans = ready_plans(account, first_on, **rules_of(offer, account)) if offer else []
    context = {"days": days, "first_on": first_on, "plans": plans, "every": PERIOD_DAYS, "wallets": wallets}
    context["wallet"] = offer
    return show(request, visit, "plan_offer", context)


@debtor_page
@behind_identity
def mandate_terms(request: HttpRequest, visit: Visit) -> HttpResponse:
    choice = PlanChoiceForm(request.GET)
    if not choice.is_valid():
        return SeeOther(visit.url("mandate_offer"))
    offer = _chosen(_wallets(visit), choice.cleaned_data["wallet"])
    if offer is None:
        raise NotFound(_("This wallet is not offered now. Choose another one."))
    return _show_terms(request, visit, _plan_of(visit, choice, offer), AgreeForm(), wallet=offer)


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
        "others": [one for one in _wallets(visit) if one.provider.pk != wallet.provider.pk],
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
    offer = next((one for one in _wallets(visit) if one.provider.key == form.cleaned_data["provider"]), None)
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
    return _sign(request, visit, mandate)


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


def _sign(request: HttpRequest, visit: Visit, mandate: Mandate) -> HttpResponse:
    """To the wallet's page; when the wallet cannot be reached the agreement waits on its own page."""
    page = visit.url("mandate_page", mandate.reference)
    if mandate.state != "pending":
        return SeeOther(page)
    if _signed_before(mandate):
        return SeeOther(page)
    phone = ""
    if asks_phone(mandate):
        form = phone_form(request, visit)
        if not form.is_valid():
            return _show_mandate(request, visit, mandate, form=form if form.is_bound else None)
        phone = form.number
    try:
        back = settings.PUBLIC_URL + visit.url("mandate_return", mandate.reference)
        action = start_mandate(
            mandate,
            return_url=back,
            channel=channel_of(request),
            payer_hint=phone,
            client_ip=client_ip(request),
        )
    except PlatformError:
        return SeeOther(f"{page}?unreachable=1")
    step = step_for(action)
    if step:
        return _show_mandate(request, visit, mandate, opened=step)
    tells = "no-referrer-when-downgrade" if adapter(mandate.provider).descriptor.returns_to_referrer else ""
    return ToTheWallet(action.url or page, tells=tells)


def _signed_before(mandate: Mandate) -> bool:
    """With a wallet the person had remembered while paying there is nothing to open. Silence: they sign by hand."""
    try:
        return sign_with_saved_wallet(mandate)
    except PlatformError:
        return False


def _mandate(visit: Visit, reference: str) -> Mandate:
    rows = Mandate.objects.filter(account=visit.account, pk=row_id_of(reference) or 0)
    mandate = rows.select_related("provider", "account__creditor").first()
    if mandate is None:
        raise NotFound(_("There is no such agreement on this page."))
    return mandate


@debtor_page
@behind_identity
def mandate_return(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    return _back_from_the_wallet(request, visit, _mandate(visit, reference))


def _back_from_the_wallet(request: HttpRequest, visit: Visit, mandate: Mandate) -> HttpResponse:
    try:
        refresh_mandate(mandate)
    except PlatformError:
        """The wallet does not answer now; its notice will come, and the page can be asked again."""
    return _show_mandate(request, visit, mandate, just_back=True)


@debtor_page
@behind_identity
def mandate_page(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    mandate = _mandate(visit, reference)
    opened = mandate.state == "pending" and mandate.checked_at is not None
    if opened and adapter(mandate.provider).descriptor.returns_to_referrer:
        return _back_from_the_wallet(request, visit, mandate)
    return _show_mandate(request, visit, mandate)


def only_payer_ends(mandate: Mandate) -> bool:
    """Some wallets let nobody but the payer end an agreement: then our button alone is not enough, and we say so."""
    try:
        return not adapter(mandate.provider).descriptor.can(Capability.REVOKE_BY_MERCHANT)
    except ConfigError:
        return False


def asks_phone(mandate: Mandate) -> bool:
    return adapter(mandate.provider).descriptor.can(Capability.PUSH_PROMPT)


def _show_mandate(
    request: HttpRequest,
    visit: Visit,
    mandate: Mandate,
    *,
    just_back: bool = False,
    opened: Step | None = None,
    form: PhoneForm | None = None,
) -> HttpResponse:
    plan = Plan.objects.filter(mandate=mandate).order_by("-pk").first()
    rows = list(plan.instalments.all()) if plan else []
    coming = [row for row in rows if row.state in ("scheduled", "noticed", "missed")]
    context = {
        "mandate": mandate,
        "plan": plan,
        "instalments": rows,
        "next": coming[0] if coming and mandate.state == "active" else None,
        "retry": planned_retry(visit.account) if mandate.state == "active" else None,
        "just_back": just_back,
        "opened": opened,
        "only_payer_ends": only_payer_ends(mandate),
        "how_to_end": how_to_end(mandate.provider.key),
        "asked": mandate.checked_at is not None,
        "form": form,
        "phone_form": (form or phone_form(request, visit))
        if mandate.state == "pending" and asks_phone(mandate)
        else None,
        "unreachable": "unreachable" in request.GET,
    }
    return show(request, visit, "mandate", context)


@debtor_page
@behind_identity
def mandate_pause(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    mandate = _mandate(visit, reference)
    if request.method == "POST":
        pause_mandate(mandate, reason="paused by the debtor on our page")
    return SeeOther(visit.url("mandate_page", mandate.reference))


@debtor_page
@behind_identity
def mandate_resume(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    mandate = _mandate(visit, reference)
    if request.method == "POST":
        resume_mandate(mandate)
    return SeeOther(visit.url("mandate_page", mandate.reference))


@debtor_page
@behind_identity
def mandate_sign(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    """Again to the wallet, for an agreement that still waits for its signature."""
    mandate = _mandate(visit, reference)
    if request.method != "POST":
        return SeeOther(visit.url("mandate_page", mandate.reference))
    return _sign(request, visit, mandate)


@debtor_page
@behind_identity
def mandate_end(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    mandate = _mandate(visit, reference)
    if request.method == "POST":
        end_agreement(mandate)
    return SeeOther(visit.url("mandate_page", mandate.reference))
