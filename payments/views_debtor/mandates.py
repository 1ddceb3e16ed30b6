"""An agreement on automatic debits: signed in the wallet, looked at, paused and ended at any time."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.client_address import client_ip
from common.errors import NotFound, PlatformError
from common.ids import row_id_of
from payments.debtor_plans import end_agreement
from payments.debtor_withheld import standing_words
from payments.forms_debtor import PhoneForm
from payments.models import Plan
from payments.retries.selectors import planned_retry
from payments.views_debtor.codes import Step, step_for
from payments.views_debtor.devices import app_of, channel_of
from payments.views_debtor.doors import SeeOther, ToTheWallet, Visit, behind_identity, debtor_page, show
from payments.views_debtor.phones import phone_form
from wallets.gateway import adapter
from wallets.models import Mandate
from wallets.providers.base import Capability, ConfigError
from wallets.providers.registry import facts_of
from wallets.services import pause_mandate, refresh_mandate, resume_mandate, sign_with_saved_wallet, start_mandate


def sign(request: HttpRequest, visit: Visit, mandate: Mandate) -> HttpResponse:
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
            in_own_app=app_of(request) == mandate.provider.key,
        )
    except PlatformError:
        return SeeOther(f"{page}?unreachable=1")
    step = step_for(action)
    if step:
        return _show_mandate(request, visit, mandate, opened=step)
    tells = "no-referrer-when-downgrade" if adapter(mandate.provider).descriptor.returns_to_referrer else ""
    return ToTheWallet(action.url or page, mandate.provider, tells=tells)


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
    unfit = standing_words(mandate.provider) if mandate.state in ("pending", "active") else ""
    coming = [row for row in rows if row.state in ("scheduled", "noticed", "missed")]
    context = {
        "mandate": mandate,
        "plan": plan,
        "instalments": rows,
        "next": coming[0] if coming and mandate.state == "active" and not unfit else None,
        "retry": planned_retry(visit.account) if mandate.state == "active" and not unfit else None,
        "unfit": unfit,
        "just_back": just_back,
        "opened": opened,
        "only_payer_ends": only_payer_ends(mandate),
        "how_to_end": facts_of(mandate.provider.key).how_to_end,
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
    return sign(request, visit, mandate)


@debtor_page
@behind_identity
def mandate_end(request: HttpRequest, visit: Visit, reference: str) -> HttpResponse:
    mandate = _mandate(visit, reference)
    if request.method == "POST":
        end_agreement(mandate)
    return SeeOther(visit.url("mandate_page", mandate.reference))
