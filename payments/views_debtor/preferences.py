"""How the person wants to be reached and to read: language, text size, and (from other apps' panels) channels."""

from __future__ import annotations

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
from payments.views_debtor.frame import LARGE_TEXT_COOKIE

YEAR = 365 * 24 * 3600


@debtor_page
def preferences(request: HttpRequest, visit: Visit) -> HttpResponse:
    languages = [(code, OWN_NAMES.get(code, name)) for code, name in settings.LANGUAGES]
    if request.method != "POST":
        large = request.COOKIES.get(LARGE_TEXT_COOKIE) == "1"
        initial = {"language": translation.get_language(), "large_text": large}
        form = PreferencesForm(initial=initial, languages=languages)
        return show(request, visit, "preferences", {"form": form})
    form = PreferencesForm(request.POST, languages=languages)
    if not form.is_valid():
        return show(request, visit, "preferences", {"form": form}, 422)
    language = form.cleaned_data["language"]
    choose_language(visit.account.debtor, language)
    with translation.override(language):
        messages.success(request, _("Saved. This is how our pages and messages will be."))
    response = SeeOther(visit.url("debtor_preferences"))
    keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    keep(response, LARGE_TEXT_COOKIE, "1" if form.cleaned_data["large_text"] else "0")
    return response


def keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True)


@transaction.atomic
def choose_language(debtor: Debtor, language: str) -> None:
    others = Debtor.objects.filter(pk=debtor.pk).exclude(language=language, language_chosen=True)
    changed = others.update(language=language, language_chosen=True)
    if changed:
        record_event("debtor.updated", debtor=debtor, creditor=debtor.creditor, source="debtor", language=language)
