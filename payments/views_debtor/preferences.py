"""How the person wants to be reached and to read: language, text size, and (from other apps' panels) channels."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Debtor
from common.templatetags.frame import OWN_NAMES
from payments.forms_debtor import PreferencesForm
from payments.views_debtor.doors import SeeOther, Visit, debtor_page, show
from payments.views_debtor.frame import READING_COOKIES, reading_of

YEAR = 365 * 24 * 3600


@debtor_page
def preferences(request: HttpRequest, visit: Visit) -> HttpResponse:
    languages = [(code, OWN_NAMES.get(code, name)) for code, name in settings.LANGUAGES]
    if request.method != "POST":
        reading = reading_of(request, visit.account.debtor)
        initial = {"language": translation.get_language(), **reading}
        form = PreferencesForm(initial=initial, languages=languages)
        return show(request, visit, "preferences", {"form": form})
    form = PreferencesForm(request.POST, languages=languages)
    if not form.is_valid():
        return show(request, visit, "preferences", {"form": form}, 422)
    language = form.cleaned_data["language"]
    reading = {name: form.cleaned_data[name] for name in READING_COOKIES}
    remember(visit.account.debtor, language=language, **reading)
    with translation.override(language):
        messages.success(request, _("Saved. This is how our pages and messages will be."))
    response = SeeOther(visit.url("debtor_preferences"))
    keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    for name, cookie in READING_COOKIES.items():
        keep(response, cookie, "1" if reading[name] else "0")
    return response


def keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True)


@transaction.atomic
def remember(debtor: Debtor, **wanted: bool | str) -> None:
    """For the person: a new link on another device is in the same language and looks the same."""
    wanted = {**wanted, "language_chosen": True}
    told: dict[str, Any] = wanted
    if Debtor.objects.filter(pk=debtor.pk).exclude(**wanted).update(**wanted):
        record_event("debtor.updated", debtor=debtor, creditor=debtor.creditor, source="debtor", **told)
